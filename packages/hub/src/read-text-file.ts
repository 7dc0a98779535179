import { ModelLoadError } from "@ocellus/core";
import { openRegularFile } from "./open-regular-file.ts";
import { readFully } from "./read-fully.ts";

/**
 * Reads a whole UTF-8 file (a leading byte order mark is dropped).
 *
 * @param maxBytes longest file that is read
 * @throws ModelLoadError when the file is missing, longer than `maxBytes` or not UTF-8
 */
export async function readTextFile(file: string, maxBytes: number, signal?: AbortSignal): Promise<string> {
  const { handle, fileBytes } = await openRegularFile(file);
  try {
    if (fileBytes > maxBytes) {
      throw new ModelLoadError(`${file} has ${fileBytes} bytes; at most ${maxBytes} are read.`);
    }
    const bytes = new Uint8Array(fileBytes);
    await readFully(handle, bytes, 0, file, signal);
    return decodeUtf8(bytes, file);
  } finally {
    await handle.close();
  }
}

function decodeUtf8(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ModelLoadError(`${file} is not valid UTF-8. Download it again.`, { cause });
  }
}
