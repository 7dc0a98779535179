import { createReadStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { ModelLoadError, throwIfAborted } from "@ocellus/core";
import { ByteReader } from "./byte-reader.ts";
import { damaged, type TarEntry, tarEntries } from "./tar-entries.ts";

/** What {@link extractArchive} is told. */
export interface ExtractOptions {
  readonly signal?: AbortSignal | undefined;
  /** Most bytes of all files together. */
  readonly maxBytes: number;
  /** Told how many bytes have been written. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

const maxEntries = 100_000;
const pieceBytes = 1024 * 1024;

/**
 * Extracts a tar archive, plain or gzipped, into an empty folder. Only files and folders with plain relative paths:
 * anything else, such as a link or a path that leaves the folder, is refused.
 *
 * @throws ModelLoadError for an archive that is damaged, of another compression, or larger than `maxBytes`
 * @throws AbortedError; errors of the file system (`ENOSPC`) as they are
 */
export async function extractArchive(archive: string, folder: string, options: ExtractOptions): Promise<void> {
  const source = await openArchive(archive);
  let written = 0;
  let entries = 0;
  try {
    const reader = new ByteReader(source);
    for await (const entry of tarEntries(reader)) {
      throwIfAborted(options.signal);
      entries += 1;
      written += entry.bytes;
      if (entries > maxEntries) throw damaged(`has more than ${maxEntries} entries`);
      if (written > options.maxBytes) throw damaged(`holds more than ${options.maxBytes} bytes`);
      const path = pathInside(folder, entry);
      if (path === null) continue;
      if (entry.kind === "folder") await mkdir(path, { recursive: true });
      else await writeEntry(reader, path, entry.bytes, options.signal);
      options.onProgress?.(written);
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code.startsWith("Z_")) throw damaged("is damaged (gzip)");
    throw error;
  } finally {
    source.destroy();
  }
}

async function openArchive(
  archive: string,
): Promise<NodeJS.ReadableStream & { destroy(): void } & AsyncIterable<Buffer>> {
  const start = Buffer.alloc(6);
  const file = await open(archive);
  await file.read(start, 0, 6, 0).finally(() => file.close());
  const raw = createReadStream(archive, { highWaterMark: pieceBytes });
  if (start[0] === 0x1f && start[1] === 0x8b) {
    return pipeline(raw, createGunzip({ chunkSize: pieceBytes }), () => undefined);
  }
  const other = [
    ["xz", "fd377a585a"],
    ["bzip2", "425a68"],
    ["zstd", "28b52ffd"],
  ].find(([, magic]) => start.toString("hex").startsWith(magic!));
  if (other === undefined) return raw;
  raw.destroy();
  throw damaged(`is compressed by ${other[0]}, which is not supported`);
}

/** Where an entry goes; `null` for the folder itself. */
function pathInside(folder: string, { path, kind }: TarEntry): string | null {
  const plain = path.replace(/^(?:\.\/)+/, "").replace(/\/+$/, "");
  if (plain === "" || plain === ".") return null;
  const steps = plain.split("/");
  const isPlain = !/[\\:\0]/.test(plain) && steps.every((step) => step !== "" && step !== "." && step !== "..");
  if (isPlain && kind !== "other") return join(folder, ...steps);
  const reason = kind === "other" ? "is a link or a special file" : "leads out of the folder of the model";
  throw new ModelLoadError(
    `The archive of the model has the entry ${JSON.stringify(path.slice(0, 200))}, which ${reason}. It was not extracted.`,
  );
}

async function writeEntry(
  reader: ByteReader,
  path: string,
  bytes: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, "w");
  let position = 0;
  try {
    for await (const part of reader.take(bytes)) {
      throwIfAborted(signal);
      for (let done = 0; done < part.length; ) {
        done += (await file.write(part, done, part.length - done, position + done)).bytesWritten;
      }
      position += part.length;
    }
    if (position < bytes) throw damaged("ends too early");
    await file.sync();
  } finally {
    await file.close();
  }
}
