import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { AbortedError, UnsupportedMediaError, VisionError } from "@ocellus/core";
import { expandHome } from "./expand-home.ts";
import { fileAccessError } from "./file-access-error.ts";

const chunkBytes = 8 * 1024 * 1024;

/**
 * Reads a regular file of at most `maxBytes` into memory. Pipes, devices, sockets and folders are refused without
 * reading: they could block for ever or never end.
 *
 * @throws SourceNotFoundError when the path cannot be opened; UnsupportedMediaError when it is empty, too large or no
 * regular file; AbortedError when `signal` is aborted
 */
export async function readFileWithin(
  path: string,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal?: AbortSignal | undefined },
): Promise<Uint8Array> {
  const resolved = expandHome(path);
  let handle: FileHandle | undefined;
  try {
    // Looked at before it is opened, because opening a device can have effects; and again once it is open, because the
    // name may stand for something else by then. O_NONBLOCK: a pipe that got in between must not block.
    assertReadable(path, await stat(resolved), maxBytes);
    handle = await open(resolved, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = await handle.stat();
    assertReadable(path, stats, maxBytes);
    return await readAll(handle, stats.size, signal);
  } catch (cause) {
    throw VisionError.isInstance(cause) ? cause : fileAccessError(path, resolved, cause);
  } finally {
    await handle?.close();
  }
}

interface FileFacts {
  readonly size: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

function assertReadable(path: string, facts: FileFacts, maxBytes: number): void {
  if (facts.isDirectory()) throw new UnsupportedMediaError(`'${path}' is a folder; a file is needed here.`);
  if (!facts.isFile()) {
    throw new UnsupportedMediaError(`'${path}' is no regular file (a pipe, device or socket), so it is not read.`);
  }
  if (facts.size === 0) throw new UnsupportedMediaError(`'${path}' is empty (0 bytes).`);
  if (facts.size > maxBytes) {
    throw new UnsupportedMediaError(
      `'${path}' has ${facts.size} bytes, more than the limit of ${maxBytes} (maxBytes).`,
    );
  }
}

async function readAll(handle: FileHandle, size: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
    const { bytesRead } = await handle.read(bytes, filled, Math.min(chunkBytes, size - filled));
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
