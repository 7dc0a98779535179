import { stat } from "node:fs/promises";
import { join } from "node:path";
import { ModelLoadError } from "@ocellus/core";
import { findParts } from "../find-parts.ts";
import { isCommit } from "../hub-id.ts";
import { locateWeightFiles } from "../locate-weight-files.ts";
import { readTextFile } from "../read-text-file.ts";
import type { ListedFile } from "../remote/file-listing.ts";
import { selectFiles } from "../remote/select-files.ts";
import { resolveInsideFolder } from "../resolve-inside-folder.ts";
import type { CacheLayout } from "./cache-layout.ts";
import { readListing } from "./commit-listing.ts";
import { writeWhole } from "./write-whole.ts";

/** What the cache has of one commit. */
export interface CachedSnapshot {
  readonly commit: string;
  /** `snapshots/<commit>`; need not exist. */
  readonly folder: string;
  /** Files that the engine needs, when the list of the commit is known. */
  readonly files: readonly ListedFile[] | undefined;
  /** Names of needed files that are not there in their full length; empty for a complete snapshot. */
  readonly missing: readonly string[];
}

const maxRefBytes = 1024;

/** The commit that `revision` stood for when it was last downloaded, by us or by Python. */
export async function readRef(layout: CacheLayout, revision: string): Promise<string | undefined> {
  if (isCommit(revision)) return revision;
  const file = resolveInsideFolder(layout.refs, revision);
  if (file === undefined) return undefined;
  try {
    const commit = (await readTextFile(file, maxRefBytes)).trim();
    return isCommit(commit) ? commit : undefined;
  } catch {
    return undefined;
  }
}

/** Notes the commit of a branch or tag. Last step of a download: Python takes a ref without its snapshot for damage. */
export async function writeRef(layout: CacheLayout, revision: string, commit: string): Promise<void> {
  if (isCommit(revision) || (await readRef(layout, revision)) === commit) return;
  await writeWhole(join(layout.refs, ...revision.split("/")), commit);
}

/**
 * Looks at the snapshot of a commit. With a known file list every needed file must be there in its full length; without
 * one (an older Python downloaded it) config.json and all weights that the index names.
 */
export async function inspectSnapshot(layout: CacheLayout, commit: string): Promise<CachedSnapshot> {
  const folder = join(layout.snapshots, commit);
  const listing = await readListing(layout, commit);
  const files = listing === undefined ? undefined : selectFiles(listing);
  const missing = files === undefined ? await missingByStructure(folder) : await missingOf(folder, files);
  return { commit, folder, files, missing };
}

/** The paths of files that are not in `folder`, or not in their full length. */
export async function missingOf(folder: string, files: readonly ListedFile[]): Promise<string[]> {
  const lengths = await Promise.all(files.map(({ path }) => lengthOf(join(folder, path))));
  return files.filter(({ size }, index) => lengths[index] !== size).map(({ path }) => path);
}

/** Length of a regular file (links are followed); undefined when there is none. */
export async function lengthOf(path: string): Promise<number | undefined> {
  try {
    const { size, isFile } = await stat(path).then((stats) => ({ size: stats.size, isFile: stats.isFile() }));
    return isFile ? size : undefined;
  } catch {
    return undefined;
  }
}

async function missingByStructure(folder: string): Promise<string[]> {
  const isAdapter = (await lengthOf(join(folder, "adapter_config.json"))) !== undefined;
  const config = isAdapter ? "adapter_config.json" : "config.json";
  const weights = isAdapter ? "adapter_model.safetensors" : "model.safetensors";
  if ((await lengthOf(join(folder, config))) === undefined) return [config];
  try {
    const parts = await findParts(folder, weights);
    const folders = parts.length === 0 ? [folder] : parts.map((part) => join(folder, part));
    const missing = await Promise.all(folders.map((below) => missingWeights(below, weights)));
    return missing.flat();
  } catch (error) {
    if (!ModelLoadError.isInstance(error)) throw error;
    return [weights];
  }
}

async function missingWeights(folder: string, weightsFile: string): Promise<string[]> {
  const { files } = await locateWeightFiles(folder, weightsFile);
  const lengths = await Promise.all(files.map((file) => lengthOf(join(folder, file))));
  return files.filter((_, index) => lengths[index] === undefined);
}
