import { createHash, type Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { throwIfAborted } from "@ocellus/core";
import { readFully } from "./read-fully.ts";

const chunkBytes = 8 * 1024 * 1024;

/** How to hash a file. */
export interface HashFileOptions {
  /** Stops between two chunks. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of bytes hashed so far. */
  readonly onBytes?: ((hashed: number) => void) | undefined;
  /** Takes the bytes (SHA-256). */
  readonly hash?: Hash | undefined;
}

/**
 * Hash (hex) of the first `fileBytes` bytes of an open file.
 *
 * @throws ModelLoadError when the file is shorter or cannot be read
 * @throws AbortedError when `signal` is aborted
 */
export async function hashFile(
  handle: FileHandle,
  file: string,
  fileBytes: number,
  options: HashFileOptions = {},
): Promise<string> {
  const { hash = createHash("sha256") } = options;
  await feedHash(hash, handle, file, fileBytes, options);
  return hash.digest("hex");
}

/**
 * Feeds the first `fileBytes` bytes of an open file into a hash. The next chunk is read while one is hashed. Throws
 * like {@link hashFile}.
 */
export async function feedHash(
  hash: Hash,
  handle: FileHandle,
  file: string,
  fileBytes: number,
  options: Pick<HashFileOptions, "signal" | "onBytes"> = {},
): Promise<void> {
  const buffers = [new Uint8Array(Math.min(chunkBytes, fileBytes)), new Uint8Array(Math.min(chunkBytes, fileBytes))];
  const read = async (position: number): Promise<Uint8Array> => {
    const chunk = buffers[(position / chunkBytes) % 2]!.subarray(0, Math.min(chunkBytes, fileBytes - position));
    await readFully(handle, chunk, position, file, options.signal);
    return chunk;
  };
  const readAhead = (position: number): Promise<Uint8Array> => {
    const chunk = read(position);
    // Awaited one chunk later; when the work stops before that, its failure is of no interest.
    chunk.catch(() => {});
    return chunk;
  };
  let next = readAhead(0);
  for (let position = 0; position < fileBytes; position += chunkBytes) {
    const chunk = await next;
    if (position + chunkBytes < fileBytes) next = readAhead(position + chunkBytes);
    hash.update(chunk);
    options.onBytes?.(position + chunk.length);
  }
  throwIfAborted(options.signal);
}
