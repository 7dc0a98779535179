import { ModelLoadError, VisionError } from "@ocellus/core";

const remedies: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full",
  EDQUOT: "The disk quota is used up",
  EFBIG: "The file system does not allow files of this size",
  EACCES: "The folder may not be written",
  EPERM: "The folder may not be written",
  EROFS: "The file system is read-only",
  ENOTDIR: "A part of the path is a file",
  EEXIST: "A file is in the way",
  EISDIR: "A folder is in the way",
  ENAMETOOLONG: "The path is too long",
  EIO: "The disk reported an error",
};

/** Bytes as a decimal figure for messages, such as "1.9 GB". */
export function formatBytes(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${units[power]}`;
}

/**
 * Turns a file system error met while the graphs of a model were stored into a ModelLoadError that says how much room
 * is needed, where, and how to store them elsewhere. Other errors and Ocellus errors pass unchanged.
 *
 * @param neededBytes bytes of everything that is to be written; asked only for such an error
 */
export function storageError(thrown: unknown, folder: string, neededBytes: () => number): unknown {
  if (VisionError.isInstance(thrown)) return thrown;
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined;
  const reason = code === undefined ? undefined : remedies[code];
  if (reason === undefined) return thrown;
  return new ModelLoadError(
    `${reason} (${code}): the graphs of the model need ${formatBytes(neededBytes())} in ${folder}. Make room there, or choose another cache folder with the option "cacheFolder" or the environment variable OCELLUS_CACHE.`,
    { cause: thrown },
  );
}
