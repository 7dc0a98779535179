import { statfs } from "node:fs/promises";
import { ModelLoadError } from "@ocellus/core";

/**
 * Refuses to begin what cannot end well.
 *
 * @param bytes that will be written below `folder`
 * @throws ModelLoadError with both numbers when the disk has less
 */
export async function checkDiskSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (bytes <= free) return;
  throw new ModelLoadError(
    `The disk of ${folder} has ${gigabytes(free)} free; the model needs ${gigabytes(bytes)} while it is unpacked. Make room, or choose another savePath.`,
  );
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** What the file system refused, as an error that says where; other errors as they are. */
export function explainFileError(error: unknown, folder: string): unknown {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  const reasons: Readonly<Record<string, string>> = {
    ENOSPC: "the disk is full. Make room, or choose another savePath; what has arrived is kept.",
    EDQUOT: "the quota of the disk is used up. Make room, or choose another savePath.",
    EACCES: "writing there is not allowed. Choose another savePath.",
    EROFS: "the disk cannot be written to. Choose another savePath.",
  };
  const reason = code === undefined ? undefined : reasons[code];
  return reason === undefined ? error : new ModelLoadError(`${folder}: ${reason}`, { cause: error });
}
