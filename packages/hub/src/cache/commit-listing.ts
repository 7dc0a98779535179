import { join } from "node:path";
import { readTextFile } from "../read-text-file.ts";
import { checkListedFile, type ListedFile } from "../remote/file-listing.ts";
import type { CacheLayout } from "./cache-layout.ts";
import { writeWhole } from "./write-whole.ts";

const maxListingBytes = 32 * 2 ** 20;
const version = 1;

/**
 * The remembered file list of a commit, ours or the one of Python (`trees/<commit>.json`, from huggingface_hub 2 on).
 * A commit never changes, so a list is right for ever. Undefined when there is none that can be read.
 *
 * Ours is kept apart because Python takes files of its own list that are missing in a snapshot for a broken download,
 * while a snapshot of ours holds by design only what the engine needs.
 */
export async function readListing(layout: CacheLayout, commit: string): Promise<ListedFile[] | undefined> {
  const own = await readEntries(join(layout.listings, `${commit}.json`), "version");
  if (own !== undefined) return tryAll(own, (path, entry) => ({ path, size: entry.size, etag: entry.etag }));
  const python = await readEntries(join(layout.pythonTrees, `${commit}.json`), "format_version");
  if (python === undefined) return undefined;
  return tryAll(python, (path, entry) => ({
    path,
    size: entry.lfs_size ?? entry.size,
    etag: entry.lfs_sha256 ?? entry.blob_id,
  }));
}

/** Remembers the file list of a commit. */
export async function writeListing(layout: CacheLayout, commit: string, files: readonly ListedFile[]): Promise<void> {
  const entries = files.map(({ path, size, etag }) => [path, { size, etag }] as const);
  await writeWhole(
    join(layout.listings, `${commit}.json`),
    JSON.stringify({ version, files: Object.fromEntries(entries) }),
  );
}

type Entry = Readonly<Record<string, unknown>>;

async function readEntries(file: string, versionKey: string): Promise<[string, Entry][] | undefined> {
  try {
    const content = JSON.parse(await readTextFile(file, maxListingBytes));
    return content[versionKey] === version ? Object.entries(content.files as Record<string, Entry>) : undefined;
  } catch {
    return undefined;
  }
}

function tryAll(
  entries: readonly [string, Entry][],
  fileOf: (path: string, entry: Entry) => { [Key in keyof ListedFile]: unknown },
): ListedFile[] | undefined {
  try {
    return entries.map(([path, entry]) => checkListedFile(fileOf(path, entry), "The remembered file list"));
  } catch {
    return undefined;
  }
}
