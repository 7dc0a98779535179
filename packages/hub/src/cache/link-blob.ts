import { randomBytes } from "node:crypto";
import { copyFile, mkdir, rename, rm, symlink } from "node:fs/promises";
import { dirname, relative } from "node:path";

/**
 * Puts a blob into a snapshot: a relative link, so that the cache can be moved. Where links cannot be made (Windows
 * without the right to, some network drives) the file itself is there: a new blob is moved, one that was there before
 * may belong to another snapshot and is copied. The change shows at once as a whole.
 */
export async function linkBlob(
  blob: string,
  pointer: string,
  options: { readonly mayLink: boolean; readonly isNew: boolean },
): Promise<void> {
  await mkdir(dirname(pointer), { recursive: true });
  const temporary = `${pointer}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    const isLinked = options.mayLink && (await tryLink(relative(dirname(pointer), blob), temporary));
    if (isLinked) await rename(temporary, pointer);
    else if (options.isNew) await rename(blob, pointer);
    else {
      await copyFile(blob, temporary);
      await rename(temporary, pointer);
    }
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

const unsupportedCodes: ReadonlySet<unknown> = new Set([
  "EPERM",
  "EACCES",
  "ENOSYS",
  "ENOTSUP",
  "EOPNOTSUPP",
  "UNKNOWN",
]);

async function tryLink(target: string, path: string): Promise<boolean> {
  try {
    await symlink(target, path, "file");
    return true;
  } catch (error) {
    if (unsupportedCodes.has((error as NodeJS.ErrnoException).code)) return false;
    throw error;
  }
}
