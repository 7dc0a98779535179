import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { ModelLoadError } from "@ocellus/core";

/** An open file and its length. */
export interface RegularFile {
  /** The open handle; the receiver closes it. */
  readonly handle: FileHandle;
  /** Length in bytes when it was opened. */
  readonly fileBytes: number;
}

/**
 * Opens a regular file for reading. Links are followed (the Hub cache consists of them); a pipe or device is refused
 * without waiting for its other end.
 *
 * @throws ModelLoadError that names the file and says why it cannot be read
 */
export async function openRegularFile(file: string): Promise<RegularFile> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = await handle.stat();
    if (!stats.isFile()) throw new ModelLoadError(`${file} is not a regular file.`);
    return { handle, fileBytes: stats.size };
  } catch (cause) {
    await handle?.close();
    if (ModelLoadError.isInstance(cause)) throw cause;
    throw new ModelLoadError(`${file} cannot be opened: ${reason(cause as NodeJS.ErrnoException)}`, { cause });
  }
}

function reason(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "ENOENT":
      return "it does not exist, or is a link whose target is gone. Download the checkpoint again.";
    case "EACCES":
      return "permission denied. Give this user the right to read it.";
    case "EMFILE":
    case "ENFILE":
      return "too many files are open. Raise the limit (ulimit -n).";
    default:
      return `${error.message}.`;
  }
}
