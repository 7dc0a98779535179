import { ModelLoadError } from "@ocellus/core";
import { isContentHash } from "../cache/content-hash.ts";
import { resolveInsideFolder } from "../resolve-inside-folder.ts";

/** A file of one commit. */
export interface ListedFile {
  /** `/` between its parts; safe to join to a folder. */
  readonly path: string;
  /** Length in bytes. */
  readonly size: number;
  /** Name of its blob: the SHA-256 of an LFS file, else git's SHA-1. */
  readonly etag: string;
}

const maxPathLength = 1024;
const maxNameLength = 255;

/**
 * Checks one entry of a file list that came from outside.
 *
 * @param source what messages call the list
 * @throws ModelLoadError for a path that could leave the folder, a size or a hash that cannot be
 */
export function checkListedFile(file: { [Key in keyof ListedFile]: unknown }, source: string): ListedFile {
  const { path, size, etag } = file;
  if (typeof path !== "string" || !isSafePath(path)) {
    throw new ModelLoadError(
      `${source} names the file ${JSON.stringify(path)?.slice(0, 200)}, which is no plain relative path. Nothing of it is downloaded.`,
    );
  }
  if (!Number.isSafeInteger(size) || (size as number) < 0 || !isContentHash(etag)) {
    throw new ModelLoadError(`${source} states no usable size and hash of ${path}.`);
  }
  return { path, size: size as number, etag };
}

function isSafePath(path: string): boolean {
  if (path.length > maxPathLength || resolveInsideFolder("", path) === undefined) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  return !/[\u0000-\u001f\u007f]/.test(path) && path.split("/").every((name) => name.length <= maxNameLength);
}
