import type { FileHandle } from "node:fs/promises";
import { ModelLoadError } from "@ocellus/core";
import { parseSafetensorsHeader } from "./parse-safetensors-header.ts";
import { readFully } from "./read-fully.ts";
import type { TensorInfo } from "./tensor-info.ts";

/** Largest header that the reference reader accepts (crate `safetensors`, `MAX_HEADER_SIZE`). */
const maxHeaderBytes = 100_000_000;
const lfsPointer = "version https://git-lfs.github.com/spec/";

/**
 * Reads and checks the header of an open safetensors file: 8 bytes little-endian header length, JSON, data.
 *
 * @param fileBytes length of the file
 * @returns its tensors in the order of their data
 * @throws ModelLoadError for a truncated, damaged or lying file, and for a git-lfs pointer in its place
 */
export async function readSafetensorsHeader(
  handle: FileHandle,
  file: string,
  fileBytes: number,
  signal?: AbortSignal,
): Promise<TensorInfo[]> {
  const start = new Uint8Array(Math.min(fileBytes, lfsPointer.length));
  await readFully(handle, start, 0, file, signal);
  if (new TextDecoder("latin1").decode(start) === lfsPointer) {
    throw new ModelLoadError(`${file} is a git-lfs pointer, not the weights. Fetch them with "git lfs pull".`);
  }
  if (fileBytes < 8) {
    throw new ModelLoadError(
      `${file} is truncated: it has ${fileBytes} bytes, at least 8 are needed. Download it again.`,
    );
  }
  const headerBytes = new DataView(start.buffer).getBigUint64(0, true);
  if (headerBytes > BigInt(maxHeaderBytes)) {
    throw new ModelLoadError(
      `${file} is not a safetensors file: it announces a header of ${headerBytes} bytes, at most ${maxHeaderBytes} are allowed.`,
    );
  }
  const dataStart = 8 + Number(headerBytes);
  if (dataStart > fileBytes) {
    throw new ModelLoadError(
      `${file} is truncated: its header ends at byte ${dataStart}, the file has ${fileBytes}. Download it again.`,
    );
  }
  const header = new Uint8Array(Number(headerBytes));
  await readFully(handle, header, 8, file, signal);
  return parseSafetensorsHeader(header, { file, fileBytes, dataStart });
}
