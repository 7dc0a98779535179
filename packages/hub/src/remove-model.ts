import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ModelLoadError } from "@ocellus/core";
import { type CacheLayout, cacheLayout } from "./cache/cache-layout.ts";
import { deleteBlob } from "./cache/delete-blob.ts";
import { readRefs } from "./cache/read-refs.ts";
import { namesIn, snapshotFiles } from "./cache/snapshot-files.ts";
import { checkHubId, isCommit } from "./hub-id.ts";
import type { HubAccess } from "./hub-options.ts";
import { resolveHubOptions } from "./resolve-hub-options.ts";

/** What to remove of a model. */
export interface RemoveModelOptions extends Pick<HubAccess, "cacheDir"> {
  /** Branch, tag or commit; everything without it. */
  readonly revision?: string | undefined;
}

/** What was removed. */
export interface RemovedModel {
  readonly id: string;
  readonly commits: readonly string[];
  readonly freedBytes: number;
  /** Contents that another process is downloading or linking right now; they stay. */
  readonly busy: number;
}

/**
 * Removes a model or one revision of it from the cache. Content that another revision uses stays; content is only
 * deleted under its lock, so that a download that runs meanwhile (ours or Python's) is not harmed.
 *
 * @throws InvalidArgumentError for a malformed id or option; ModelLoadError when the cache does not have it
 */
export async function removeModel(id: string, options: RemoveModelOptions = {}): Promise<RemovedModel> {
  checkHubId(id);
  const { cacheDir } = await resolveHubOptions({ ...options, token: false });
  const layout = cacheLayout(cacheDir, id);
  const refs = await readRefs(layout);
  const present = await namesIn(layout.snapshots);
  const commits = options.revision === undefined ? present : [refs.get(options.revision) ?? options.revision];
  const isThere =
    options.revision === undefined ? (await namesIn(layout.modelFolder)).length > 0 : present.includes(commits[0]!);
  if (!isThere) throw notThere(id, cacheDir, options.revision);
  let freedBytes = 0;
  for (const commit of commits) {
    for (const [name, target] of refs) if (target === commit) await rm(join(layout.refs, name), { force: true });
    freedBytes += await removeSnapshot(layout, commit);
  }
  const swept = await sweepBlobs(layout);
  freedBytes += swept.freedBytes;
  if (swept.busy === 0 && (await namesIn(layout.snapshots)).length === 0) {
    await rm(layout.modelFolder, { recursive: true, force: true });
  }
  return { id, commits, freedBytes, busy: swept.busy };
}

/** @returns bytes of files that are no links */
async function removeSnapshot(layout: CacheLayout, commit: string): Promise<number> {
  const folder = join(layout.snapshots, commit);
  const own = (await snapshotFiles(folder)).filter(({ path, blob }) => blob === join(folder, path));
  await rm(folder, { recursive: true, force: true });
  await rm(join(layout.absent, commit), { recursive: true, force: true });
  for (const lists of [layout.listings, layout.pythonTrees]) await rm(join(lists, `${commit}.json`), { force: true });
  return own.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
}

/** Deletes what no snapshot links to; interrupted downloads only with the last snapshot. */
async function sweepBlobs(layout: CacheLayout): Promise<{ readonly freedBytes: number; readonly busy: number }> {
  let freedBytes = 0;
  let busy = 0;
  for (const name of await namesIn(layout.blobs)) {
    const freed = await deleteBlob(layout, name, async () => {
      const linked = await linkedBlobs(layout);
      return /\./.test(name) ? linked === undefined : linked?.has(join(layout.blobs, name)) !== true;
    });
    if (freed === undefined) busy += 1;
    else freedBytes += freed;
  }
  return { freedBytes, busy };
}

/** Blobs that snapshots link to; undefined without any snapshot. */
async function linkedBlobs(layout: CacheLayout): Promise<ReadonlySet<string> | undefined> {
  const commits = (await namesIn(layout.snapshots)).filter(isCommit);
  if (commits.length === 0) return undefined;
  const files = await Promise.all(commits.map((commit) => snapshotFiles(join(layout.snapshots, commit))));
  return new Set(files.flat().map(({ blob }) => blob));
}

function notThere(id: string, cacheDir: string, revision: string | undefined): ModelLoadError {
  const what = revision === undefined ? id : `${id} (revision ${revision})`;
  return new ModelLoadError(`${what} is not in the cache ${cacheDir}. "ocellus models list" shows what is.`);
}
