import type { FileHandle } from "node:fs/promises";
import { ModelLoadError, throwIfAborted } from "@ocellus/core";

/** Bytes per read: large enough for full disk speed, small enough that an abort is noticed within milliseconds. */
const chunkBytes = 16 * 1024 * 1024;

/**
 * Fills `target` with the bytes of an open file from `position` on, in chunks of 16 MiB.
 *
 * @param file path for the message
 * @throws ModelLoadError when the file ends before `target` is full or cannot be read
 * @throws AbortedError when `signal` is aborted between two chunks
 */
export async function readFully(
  handle: FileHandle,
  target: Uint8Array,
  position: number,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  let filled = 0;
  while (filled < target.length) {
    throwIfAborted(signal);
    const length = Math.min(chunkBytes, target.length - filled);
    const bytesRead = await readChunk(handle, target, filled, length, position + filled, file);
    if (bytesRead === 0) throw unexpectedEnd(file, position + target.length, position + filled);
    filled += bytesRead;
  }
}

/** The error of a file that ends at `actual` where `needed` bytes were expected. */
export function unexpectedEnd(file: string, needed: number, actual: number): ModelLoadError {
  return new ModelLoadError(
    `${file} ends at byte ${actual}, but ${needed} are needed: it is truncated or was changed while it was open. Download it again.`,
  );
}

async function readChunk(
  handle: FileHandle,
  target: Uint8Array,
  offset: number,
  length: number,
  position: number,
  file: string,
): Promise<number> {
  try {
    return (await handle.read(target, offset, length, position)).bytesRead;
  } catch (cause) {
    throw new ModelLoadError(`${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}
