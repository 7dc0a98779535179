import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { AbortedError } from "@ocellus/core";
import type { CacheLayout } from "./cache-layout.ts";
import { lockFile } from "./file-lock.ts";

/**
 * Deletes a file of the blobs folder while nobody downloads or links that content: under the lock of its hash.
 *
 * @param name file name: a hash, or a hash with an ending
 * @param mayDelete asked under the lock
 * @returns bytes that were freed; undefined when another process holds the lock
 */
export async function deleteBlob(
  layout: CacheLayout,
  name: string,
  mayDelete: () => Promise<boolean>,
): Promise<number | undefined> {
  const busy = new AbortController();
  try {
    const path = join(layout.locks, `${name.replace(/\..*$/s, "")}.lock`);
    const lock = await lockFile(path, { signal: busy.signal, onWait: () => busy.abort() });
    try {
      if (!(await mayDelete())) return 0;
      const blob = join(layout.blobs, name);
      const { size } = await stat(blob).catch(() => ({ size: 0 }));
      await rm(blob, { force: true });
      return size;
    } finally {
      await lock?.release();
    }
  } catch (error) {
    if (AbortedError.isInstance(error)) return undefined;
    throw error;
  }
}
