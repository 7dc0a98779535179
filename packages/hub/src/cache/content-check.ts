import { basename } from "node:path";
import { type ProgressListener, throwIfAborted } from "@ocellus/core";
import { hashFile } from "../hash-file.ts";
import { openRegularFile } from "../open-regular-file.ts";
import { createContentHash, isContentHash } from "./content-hash.ts";
import type { SnapshotFile } from "./snapshot-files.ts";

/** Compares files with their hashes. Content is read once however many files link to it. */
export interface ContentCheck {
  /** What is wrong with a file: one phrase or none. `etag` is the hash that it must have. */
  problemsOf(file: SnapshotFile, etag: string | undefined): Promise<string[]>;
  /** Contents that were read. */
  files(): number;
  bytes(): number;
}

/** How to check. */
export interface ContentCheckOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ProgressListener | undefined;
}

/** The problem of a link to another content than the right one. */
export const wrongLink = "is a link to other content";

/** @param files all that will be checked, for the progress */
export function createContentCheck(
  files: readonly SnapshotFile[],
  { signal, onProgress }: ContentCheckOptions,
): ContentCheck {
  const sizes = new Map(files.map(({ blob, bytes }) => [blob, bytes ?? 0]));
  const totalBytes = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  const problems = new Map<string, string | undefined>();
  let bytes = 0;
  const report = (done: number): void => {
    try {
      onProgress?.({ kind: "load", step: "Verifying", fraction: done / Math.max(1, totalBytes) });
    } catch {
      // A listener cannot break the work.
    }
  };
  return {
    async problemsOf(file, etag) {
      throwIfAborted(signal);
      const { blob } = file;
      if (file.bytes === undefined || etag === undefined) return ["is a link to nothing"];
      if (isContentHash(basename(blob)) && basename(blob) !== etag) return [wrongLink];
      if (!problems.has(blob)) {
        const before = bytes;
        problems.set(blob, await compare(blob, etag, { signal, onBytes: (hashed) => report(before + hashed) }));
        bytes += file.bytes;
      }
      const problem = problems.get(blob);
      return problem === undefined ? [] : [problem];
    },
    files: () => problems.size,
    bytes: () => bytes,
  };
}

async function compare(
  blob: string,
  etag: string,
  options: { readonly signal: AbortSignal | undefined; readonly onBytes: (hashed: number) => void },
): Promise<string | undefined> {
  const { handle, fileBytes } = await openRegularFile(blob);
  try {
    const hash = await hashFile(handle, blob, fileBytes, { ...options, hash: createContentHash(etag, fileBytes) });
    return hash === etag ? undefined : `has the hash ${hash} in place of ${etag}`;
  } finally {
    await handle.close();
  }
}
