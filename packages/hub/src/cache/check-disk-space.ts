import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { ModelLoadError } from "@ocellus/core";

/**
 * Refuses a download that does not fit, before it begins.
 *
 * @param folder where the bytes go; need not exist yet
 * @throws ModelLoadError with both numbers
 */
export async function checkDiskSpace(folder: string, neededBytes: number, what: string): Promise<void> {
  const freeBytes = await freeSpace(folder);
  if (freeBytes === undefined || freeBytes >= neededBytes) return;
  throw new ModelLoadError(
    `${what} needs ${gibibytes(neededBytes)} more in ${folder}, where ${gibibytes(freeBytes)} are free. Remove models ("ocellus models list", "ocellus models remove"), or choose another cache folder (HF_HUB_CACHE).`,
  );
}

/** Free bytes of the file system of the nearest folder that exists; undefined where it does not tell. */
async function freeSpace(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    return isMissing && dirname(folder) !== folder ? await freeSpace(dirname(folder)) : undefined;
  }
}

function gibibytes(bytes: number): string {
  return bytes < 2 ** 30 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
