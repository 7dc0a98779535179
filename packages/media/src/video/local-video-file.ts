import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { UnsupportedMediaError } from "@ocellus/core";
import { expandHome } from "../source/expand-home.ts";
import { fileAccessError } from "../source/file-access-error.ts";

/** A video as a file on the disk, which decoders need to jump about in it. */
export interface LocalVideoFile {
  /** Absolute. */
  readonly path: string;
  /** What messages call it. */
  readonly label: string;
  /** Removes the file if it is a temporary one. */
  remove(): Promise<void>;
}

/**
 * A file that is there already.
 *
 * @throws SourceNotFoundError when it cannot be opened; UnsupportedMediaError when it is empty or no regular file
 */
export async function existingVideoFile(path: string, label: string): Promise<LocalVideoFile> {
  const resolved = resolve(expandHome(path));
  let facts: Awaited<ReturnType<typeof stat>>;
  try {
    facts = await stat(resolved);
  } catch (cause) {
    throw fileAccessError(path, resolved, cause);
  }
  if (!facts.isFile()) {
    throw new UnsupportedMediaError(
      `'${path}' is ${facts.isDirectory() ? "a folder" : "no regular file"}, not a video.`,
    );
  }
  if (facts.size === 0) throw new UnsupportedMediaError(`'${path}' is empty (0 bytes).`);
  return { path: resolved, label, remove: async () => undefined };
}

/** Writes bytes to a temporary file that only this user can read. */
export async function temporaryVideoFile(bytes: Uint8Array, label: string): Promise<LocalVideoFile> {
  const folder = await mkdtemp(join(tmpdir(), "ocellus-video-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const path = join(folder, "video");
    await writeFile(path, bytes, { mode: 0o600 });
    return { path, label, remove };
  } catch (cause) {
    await remove();
    throw cause;
  }
}
