import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { AbortedError, SourceNotFoundError, UnsupportedMediaError } from "@ocellus/core";
import { expandHome } from "./expand-home.ts";
import { fileAccessError } from "./file-access-error.ts";

/** Options of {@link expandFolder}. */
export interface ExpandFolderOptions {
  /** Descends into subfolders. Default false. */
  readonly recursive?: boolean | undefined;
  /** Most pictures of one folder. Default 100,000. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const imageExtension = /\.(?:jpe?g|png|bmp|gif|tiff?|webp)$/i;

/**
 * Lists the pictures of a folder by their extension (.jpg .jpeg .png .bmp .gif .tif .tiff .webp, any case): hidden
 * files and folders are skipped, symbolic links are followed, loops of them once. Sorted by path, code unit by code unit
 * (upper case before lower, `10.png` before `2.png`), as the Vi SDK, Python and `sort` do it.
 *
 * @returns paths that begin with `folder` as given, a leading `~` expanded; never empty
 * @throws SourceNotFoundError when a folder cannot be read or there are no pictures
 * @throws UnsupportedMediaError when there are more than `limit`
 * @throws AbortedError when `signal` is aborted
 */
export async function expandFolder(folder: string, options: ExpandFolderOptions = {}): Promise<string[]> {
  const { recursive = false, limit = 100_000, signal } = options;
  const pictures: string[] = [];
  const waiting = [expandHome(folder)];
  const visited = new Set<string>();
  for (let current = waiting.pop(); current !== undefined; current = waiting.pop()) {
    if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
    const found = await readFolder(current, visited);
    pictures.push(...found.pictures);
    if (recursive) waiting.push(...found.folders);
    if (pictures.length > limit) {
      throw new UnsupportedMediaError(
        `The folder '${folder}' holds more than ${limit} pictures; raise limit or split it.`,
      );
    }
  }
  if (pictures.length === 0) {
    throw new SourceNotFoundError(
      `No pictures in the folder '${folder}' (${recursive ? "with" : "without"} subfolders): ` +
        `looked for .jpg .jpeg .png .bmp .gif .tif .tiff .webp.${recursive ? "" : " Set recursive to look into subfolders."}`,
    );
  }
  return pictures.sort();
}

interface FolderContent {
  readonly pictures: string[];
  readonly folders: string[];
}

/** One folder; empty when the same real folder was read before, which is what ends loops of symbolic links. */
async function readFolder(folder: string, visited: Set<string>): Promise<FolderContent> {
  const content: FolderContent = { pictures: [], folders: [] };
  let entries: Dirent[];
  try {
    const real = await realpath(folder);
    if (visited.has(real)) return content;
    visited.add(real);
    entries = await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    throw fileAccessError(folder, folder, cause);
  }
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    const kind = entry.isSymbolicLink() ? await stat(path).catch(() => entry) : entry;
    if (kind.isDirectory()) content.folders.push(path);
    else if (kind.isFile() && imageExtension.test(entry.name)) content.pictures.push(path);
  }
  return content;
}
