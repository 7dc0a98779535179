import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ModelLoadError, throwIfAborted } from "@ocellus/core";
import { type CacheLayout, cacheLayout } from "./cache/cache-layout.ts";
import { inspectSnapshot } from "./cache/cached-snapshot.ts";
import { readListing } from "./cache/commit-listing.ts";
import { createContentHash, isContentHash } from "./cache/content-hash.ts";
import { deleteBlob } from "./cache/delete-blob.ts";
import { readRefs } from "./cache/read-refs.ts";
import { namesIn, type SnapshotFile, snapshotFiles } from "./cache/snapshot-files.ts";
import { hashFile } from "./hash-file.ts";
import { checkHubId, isCommit } from "./hub-id.ts";
import type { HubOptions } from "./hub-options.ts";
import { openRegularFile } from "./open-regular-file.ts";
import { pullModel } from "./pull-model.ts";
import { type HubSettings, resolveHubOptions } from "./resolve-hub-options.ts";

/** What to verify. Without `revision` every downloaded commit. */
export interface VerifyModelOptions extends HubOptions {
  /** True deletes damaged content and downloads it again (false). */
  readonly repair?: boolean | undefined;
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
  const found = await verifyCommits(id, layout, commits, settings.signal);
  if (!repair || found.damaged.length === 0) return found;
  await dropDamaged(layout, found.damaged);
  for (const commit of new Set(found.damaged.map(({ commit }) => commit))) {
    await pullModel(id, { ...hub, revision: commit });
  }
  return await verifyCommits(id, layout, commits, settings.signal);
}

async function commitsOf(id: string, layout: CacheLayout, revision: string | undefined): Promise<string[]> {
  const present = (await namesIn(layout.snapshots)).filter(isCommit);
  const wanted = revision === undefined ? present : [(await readRefs(layout)).get(revision) ?? revision];
  if (wanted.length > 0 && wanted.every((commit) => present.includes(commit))) return wanted;
  const what = revision === undefined ? id : `${id} (revision ${revision})`;
  throw new ModelLoadError(`${what} is not in the cache ${layout.cacheDir}. "ocellus models list" shows what is.`);
}

async function verifyCommits(
  id: string,
  layout: CacheLayout,
  commits: readonly string[],
  signal: HubSettings["signal"],
): Promise<VerifiedModel> {
  const check = createContentCheck(signal);
  const damaged: DamagedFile[] = [];
  const unknown: string[] = [];
  for (const commit of commits) {
    const { folder, missing } = await inspectSnapshot(layout, commit);
    const listed = new Map((await readListing(layout, commit))?.map(({ path, etag }) => [path, etag]));
    const files = await snapshotFiles(folder);
    for (const file of files) {
      const { path, blob } = file;
      const etag = listed.get(path) ?? (isContentHash(basename(blob)) ? basename(blob) : undefined);
      if (etag === undefined && file.bytes !== undefined) unknown.push(path);
      else damaged.push(...(await check.problemsOf(file, etag)).map((problem) => ({ commit, path, blob, problem })));
    }
    const present = new Set(files.map(({ path }) => path));
    const absent = missing.filter((path) => !present.has(path));
    damaged.push(...absent.map((path) => ({ commit, path, blob: join(folder, path), problem: "is missing" })));
  }
  return { id, commits, files: check.files(), bytes: check.bytes(), damaged, unknown };
}

interface ContentCheck {
  /** What is wrong with a file: one phrase or none. Content is read once however many files link to it. */
  problemsOf(file: SnapshotFile, etag: string | undefined): Promise<string[]>;
  files(): number;
  bytes(): number;
}

function createContentCheck(signal: AbortSignal | undefined): ContentCheck {
  const checked = new Map<string, string | undefined>();
  let bytes = 0;
  return {
    async problemsOf(file, etag) {
      if (!checked.has(file.blob)) {
        checked.set(file.blob, await problemOf(file, etag, signal));
        bytes += file.bytes ?? 0;
      }
      const problem = checked.get(file.blob);
      return problem === undefined ? [] : [problem];
    },
    files: () => checked.size,
    bytes: () => bytes,
  };
}

async function problemOf(
  { blob, bytes }: SnapshotFile,
  etag: string | undefined,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  throwIfAborted(signal);
  if (bytes === undefined || etag === undefined) return "is a link to nothing";
  const { handle, fileBytes } = await openRegularFile(blob);
  try {
    const hash = await hashFile(handle, blob, fileBytes, { signal, hash: createContentHash(etag, fileBytes) });
    return hash === etag ? undefined : `has the hash ${hash} in place of ${etag}`;
  } finally {
    await handle.close();
  }
}

/** Deletes damaged bytes; links that lead nowhere then are replaced by the download. */
async function dropDamaged(layout: CacheLayout, damaged: readonly DamagedFile[]): Promise<void> {
  for (const { blob } of damaged) {
    if (dirname(blob) === layout.blobs) await deleteBlob(layout, basename(blob), async () => true);
    else if (blob.startsWith(layout.snapshots)) await rm(blob, { force: true });
  }
}
