import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import { ModelLoadError } from "@ocellus/core";
import type { FingerprintOptions } from "./checkpoint.ts";
import { fileState, openFingerprintMemo, sameFileState } from "./fingerprint-memo.ts";
import { hashFile } from "./hash-file.ts";

/**
 * SHA-256 (hex) over the sorted list of `name, length, SHA-256 of the content` of the given open files.
 *
 * @param handles absolute path → open handle
 * @throws ModelLoadError when a file cannot be read or changes meanwhile
 * @throws AbortedError when `signal` is aborted
 */
export async function fingerprintWeights(
  handles: ReadonlyMap<string, FileHandle>,
  options: FingerprintOptions,
): Promise<string> {
  const { memoFolder, signal, onProgress } = options;
  const memo = await openFingerprintMemo(memoFolder);
  const files = await Promise.all(
    [...handles].map(async ([file, handle]) => ({ file, handle, state: await fileState(handle) })),
  );
  files.sort((a, b) => (a.file < b.file ? -1 : 1));
  const totalBytes = files.reduce((sum, { state }) => sum + Number(state.size), 0);
  const total = createHash("sha256").update("ocellus weights 1\n");
  let doneBytes = 0;
  for (const { file, handle, state } of files) {
    const size = Number(state.size);
    let sha256 = memo.lookup(file, state);
    if (sha256 === undefined) {
      const before = doneBytes;
      sha256 = await hashFile(handle, file, size, {
        signal,
        onBytes: (hashed) => onProgress?.({ doneBytes: before + hashed, totalBytes }),
      });
      if (!sameFileState(state, await fileState(handle))) {
        throw new ModelLoadError(`${file} was changed while it was read. Load the model again when it is complete.`);
      }
      memo.remember(file, state, sha256);
    }
    doneBytes += size;
    onProgress?.({ doneBytes, totalBytes });
    total.update(`${JSON.stringify([basename(file), size, sha256])}\n`);
  }
  await memo.save();
  return total.digest("hex");
}
