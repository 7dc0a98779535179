import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type CacheLayout, cacheLayout } from "./cache/cache-layout.ts";
import { inspectSnapshot } from "./cache/cached-snapshot.ts";
import { readRefs } from "./cache/read-refs.ts";
import { namesIn, type SnapshotFile, snapshotFiles } from "./cache/snapshot-files.ts";
import type { CachedModel, CachedRevision } from "./cached-model.ts";
import { isCommit, isHubId } from "./hub-id.ts";
import type { HubAccess } from "./hub-options.ts";
import { resolveHubOptions } from "./resolve-hub-options.ts";

/**
 * The models in the cache, whoever downloaded them, sorted by id. Other repositories (data sets, Spaces) and what is no
 * model of an organisation are left out.
 *
 * @throws InvalidArgumentError for unknown options; errors of the file system when the folder cannot be read
 */
export async function listModels(options: Pick<HubAccess, "cacheDir"> = {}): Promise<CachedModel[]> {
  const { cacheDir } = await resolveHubOptions({ ...options, token: false });
  const ids = (await namesIn(cacheDir)).flatMap((name) => {
    const id = /^models--(.+)$/.exec(name)?.[1]?.replace("--", "/");
    return id !== undefined && isHubId(id) ? [id] : [];
  });
  return await Promise.all(ids.map((id) => describeModel(id, cacheLayout(cacheDir, id))));
}

/** What the cache has of one model. */
export async function describeModel(id: string, layout: CacheLayout): Promise<CachedModel> {
  const refs = await readRefs(layout);
  const commits = (await namesIn(layout.snapshots)).filter(isCommit);
  const blobs = new Map<string, number>();
  const revisions: CachedRevision[] = [];
  for (const commit of commits) {
    const { folder, missing } = await inspectSnapshot(layout, commit);
    const files = await snapshotFiles(folder);
    for (const { blob, bytes } of files) blobs.set(blob, bytes ?? 0);
    const names = [...refs].flatMap(([name, target]) => (target === commit ? [name] : []));
    revisions.push({ commit, refs: names, folder, files: files.length, bytes: sumOf(files), missing });
  }
  const incomplete = (await namesIn(layout.blobs)).filter((name) => name.endsWith(".incomplete"));
  const incompleteSizes = await Promise.all(incomplete.map((name) => statOf(join(layout.blobs, name))));
  const times = await Promise.all([...blobs.keys()].map(async (blob) => (await statOf(blob)).mtimeMs));
  return {
    id,
    folder: layout.modelFolder,
    bytes: [...blobs.values()].reduce((sum, bytes) => sum + bytes, 0),
    incompleteBytes: incompleteSizes.reduce((sum, { size }) => sum + size, 0),
    modifiedMs: times.length === 0 ? null : Math.round(Math.max(...times)),
    revisions,
  };
}

function sumOf(files: readonly SnapshotFile[]): number {
  return files.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
}

async function statOf(path: string): Promise<{ readonly size: number; readonly mtimeMs: number }> {
  return await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
}
