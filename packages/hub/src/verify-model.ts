import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ModelLoadError, type ProgressListener } from "@ocellus/core";
import { type CacheLayout, cacheLayout } from "./cache/cache-layout.ts";
import { inspectSnapshot } from "./cache/cached-snapshot.ts";
import { readListing } from "./cache/commit-listing.ts";
import { createContentCheck, wrongLink } from "./cache/content-check.ts";
import { isContentHash } from "./cache/content-hash.ts";
import { deleteBlob } from "./cache/delete-blob.ts";
import { readRefs } from "./cache/read-refs.ts";
import { namesIn, type SnapshotFile, snapshotFiles } from "./cache/snapshot-files.ts";
import { checkHubId, isCommit } from "./hub-id.ts";
import type { HubOptions } from "./hub-options.ts";
import { pullModel } from "./pull-model.ts";
import { resolveHubOptions } from "./resolve-hub-options.ts";

/** What to verify. Without `revision` every downloaded commit. */
export interface VerifyModelOptions extends Omit<HubOptions, "onProgress"> {
  /** True deletes damaged content and downloads it again (false). */
  readonly repair?: boolean | undefined;
  /** Called while files are read (`kind: "load"`) and downloaded. */
  readonly onProgress?: ProgressListener | undefined;
}

/** A file whose bytes are not what the Hub stated. */
export interface DamagedFile {
  readonly commit: string;
  readonly path: string;
  /** Where the bytes are. */
  readonly blob: string;
  /** What is wrong, as a short phrase. */
  readonly problem: string;
}

/** What the verification of a model found. */
export interface VerifiedModel {
  readonly id: string;
  readonly commits: readonly string[];
  /** Files and bytes that were hashed; shared content counts once. */
  readonly files: number;
  readonly bytes: number;
  /** Damaged and missing files; empty when all is well. */
  readonly damaged: readonly DamagedFile[];
  /** Files of which neither a list nor a link tells the hash. */
  readonly unknown: readonly string[];
}

/**
 * Reads every file of a model in the cache and compares its hash with what the Hub stated when it was downloaded.
 *
 * @throws InvalidArgumentError for a malformed id or option; ModelLoadError when the cache does not have it
 * @throws with `repair`, what `pullModel` throws; AbortedError
 */
export async function verifyModel(id: string, options: VerifyModelOptions = {}): Promise<VerifiedModel> {
  checkHubId(id);
  const { repair = false, ...hub } = options;
  const settings = await resolveHubOptions(hub);
  const layout = cacheLayout(settings.cacheDir, id);
  const commits = await commitsOf(id, layout, hub.revision);
  const found = await verifyCommits(id, layout, commits, options);
  if (!repair || found.damaged.length === 0) return found;
  await dropDamaged(layout, found.damaged);
  for (const commit of new Set(found.damaged.map(({ commit }) => commit))) {
    await pullModel(id, { ...hub, revision: commit });
  }
  return await verifyCommits(id, layout, commits, options);
}

async function commitsOf(id: string, layout: CacheLayout, revision: string | undefined): Promise<string[]> {
  const present = (await namesIn(layout.snapshots)).filter(isCommit);
  const wanted = revision === undefined ? present : [(await readRefs(layout)).get(revision) ?? revision];
  if (wanted.length > 0 && wanted.every((commit) => present.includes(commit))) return wanted;
  const what = revision === undefined ? id : `${id} (revision ${revision})`;
  throw new ModelLoadError(`${what} is not in the cache ${layout.cacheDir}. "ocellus models list" shows what is.`);
}

interface Snapshot {
  readonly commit: string;
  readonly folder: string;
  /** Names of needed files that are not there at all. */
  readonly absent: readonly string[];
  /** Hash of each file by its path, as far as a list tells it. */
  readonly listed: ReadonlyMap<string, string>;
  readonly files: readonly SnapshotFile[];
}

async function openSnapshot(layout: CacheLayout, commit: string): Promise<Snapshot> {
  const { folder, missing } = await inspectSnapshot(layout, commit);
  const listed = new Map((await readListing(layout, commit))?.map(({ path, etag }) => [path, etag]));
  const files = await snapshotFiles(folder);
  const present = new Set(files.map(({ path }) => path));
  return { commit, folder, absent: missing.filter((path) => !present.has(path)), listed, files };
}

async function verifyCommits(
  id: string,
  layout: CacheLayout,
  commits: readonly string[],
  { signal, onProgress }: VerifyModelOptions,
): Promise<VerifiedModel> {
  const snapshots = await Promise.all(commits.map((commit) => openSnapshot(layout, commit)));
  const check = createContentCheck(
    snapshots.flatMap(({ files }) => files),
    { signal, onProgress },
  );
  const damaged: DamagedFile[] = [];
  const unknown: string[] = [];
  for (const { commit, folder, absent, listed, files } of snapshots) {
    for (const file of files) {
      const { path, blob } = file;
      const etag = listed.get(path) ?? (isContentHash(basename(blob)) ? basename(blob) : undefined);
      if (etag === undefined && file.bytes !== undefined) unknown.push(path);
      else damaged.push(...(await check.problemsOf(file, etag)).map((problem) => ({ commit, path, blob, problem })));
    }
    damaged.push(...absent.map((path) => ({ commit, path, blob: join(folder, path), problem: "is missing" })));
  }
  return { id, commits, files: check.files(), bytes: check.bytes(), damaged, unknown };
}

/** Deletes damaged bytes and what links to them; a blob that only a wrong link leads to stays. */
async function dropDamaged(layout: CacheLayout, damaged: readonly DamagedFile[]): Promise<void> {
  for (const { commit, path, blob, problem } of damaged) {
    await rm(join(layout.snapshots, commit, path), { force: true });
    const isBlob = dirname(blob) === layout.blobs && problem !== wrongLink;
    if (isBlob) await deleteBlob(layout, basename(blob), async () => true);
  }
}
