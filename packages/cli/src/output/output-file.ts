import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { CommandError } from "../command-error.ts";

/** A file that appears whole or not at all. */
export interface OutputFile extends AsyncDisposable {
  /**
   * Writes the content and gives the file its name.
   *
   * @throws CommandError when the disk refuses
   */
  commit(content: string): Promise<void>;
}

/**
 * Opens a temporary file beside `path`, so that a folder that does not exist or may not be written to shows before the
 * work and not after it. Without `commit` the file at `path` stays as it is.
 *
 * @throws CommandError when the place cannot be written to, or is no regular file
 */
export async function openOutputFile(path: string): Promise<OutputFile> {
  const place = await findPlace(path);
  const temporary = `${place}.${process.pid}.tmp`;
  const file = await open(temporary, "w").catch((cause: unknown) => {
    throw failed(path, cause);
  });
  let isCommitted = false;
  return {
    async commit(content) {
      try {
        await file.writeFile(content);
        await file.sync();
        await rename(temporary, place);
        isCommitted = true;
      } catch (cause) {
        throw failed(path, cause);
      }
    },
    async [Symbol.asyncDispose]() {
      await file.close();
      if (!isCommitted) await rm(temporary, { force: true });
    },
  };
}

/** Where a link leads. Renaming onto anything but a plain file (`/dev/null`, a folder) would destroy it or fail. */
async function findPlace(path: string): Promise<string> {
  try {
    const place = await realpath(path);
    if ((await stat(place)).isFile()) return place;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return path;
    throw failed(path, cause);
  }
  throw new CommandError(`--output ${path} is no regular file; name another, or leave --output out.`, 2);
}

function failed(path: string, cause: unknown): CommandError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CommandError(`--output ${path} cannot be written: ${reason}`, 1, { cause });
}
