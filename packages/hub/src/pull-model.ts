import { join } from "node:path";
import { AbortedError, linkAbort, ModelLoadError, TimeoutError, throwIfAborted, VisionError } from "@ocellus/core";
import { writeAbsentNames } from "./cache/absent-names.ts";
import { type CacheLayout, cacheLayout } from "./cache/cache-layout.ts";
import { type CachedSnapshot, inspectSnapshot, missingOf, readRef, writeRef } from "./cache/cached-snapshot.ts";
import { readListing, writeListing } from "./cache/commit-listing.ts";
import { checkHubId, isCommit } from "./hub-id.ts";
import type { HubOptions } from "./hub-options.ts";
import { downloadFiles } from "./remote/download-files.ts";
import type { ListedFile } from "./remote/file-listing.ts";
import { createHubClient } from "./remote/hub-client.ts";
import { isRevisionUnknown } from "./remote/hub-error.ts";
import { listFiles } from "./remote/list-files.ts";
import { resolveCommit } from "./remote/resolve-commit.ts";
import { isWeights, selectFiles } from "./remote/select-files.ts";
import { type HubSettings, resolveHubOptions } from "./resolve-hub-options.ts";

/** A model of the Hub that is complete in the cache. */
export interface PulledModel {
  readonly id: string;
  readonly revision: string;
  /** What the revision stands for. */
  readonly commit: string;
  /** The snapshot folder: a checkpoint folder as it is. */
  readonly folder: string;
  /** True when it was there already. */
  readonly isCached: boolean;
}

/** More files than any checkpoint has. */
const maxFiles = 2_000;

/**
 * Makes sure that a model of the Hub is complete in the cache (the one that Python's huggingface_hub uses too) and
 * up to date: asks for the commit of the revision, and downloads what is missing of the files that the engine reads.
 * A commit that is complete in the cache is not asked about. When the Hub cannot be reached or refuses, a complete copy
 * in the cache is used, with a warning.
 *
 * @param id `org/name`
 * @throws InvalidArgumentError for a malformed id or option
 * @throws ApiCallError when the Hub refuses: not found, private, gated (the message says what to do), too many requests
 * @throws ModelLoadError when the model has no safetensors, files stay damaged, the disk is too small, or the network
 *   is switched off and the cache is not complete
 * @throws ConnectionError, TimeoutError, AbortedError; what was received stays, the next call goes on with it
 *
 * @example
 * const { folder } = await pullModel("Qwen/Qwen2.5-VL-3B-Instruct");
 */
export async function pullModel(id: string, options: HubOptions = {}): Promise<PulledModel> {
  checkHubId(id);
  const settings = await resolveHubOptions(options);
  throwIfAborted(settings.signal);
  const limit = new AbortController();
  const unlink = linkAbort(limit, [settings.signal]);
  const { timeoutMs } = settings;
  const timeout = new TimeoutError(`Downloading ${id} took longer than ${timeoutMs} ms; call again to go on.`, {
    timeoutMs,
  });
  const timer = setTimeout(() => limit.abort(timeout), timeoutMs);
  try {
    return await pull({ id, settings, layout: cacheLayout(settings.cacheDir, id), signal: limit.signal });
  } catch (error) {
    throw limit.signal.reason === timeout && AbortedError.isInstance(error) ? timeout : explain(error, settings);
  } finally {
    clearTimeout(timer);
    unlink();
  }
}

/** Errors of the file system are about the cache. */
function explain(error: unknown, { cacheDir }: HubSettings): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (VisionError.isInstance(error) || typeof code !== "string") return error;
  return new ModelLoadError(
    `The cache ${cacheDir} cannot be used: ${message}. Make it writable, or choose another one (HF_HUB_CACHE).`,
    { cause: error },
  );
}

interface Pull {
  readonly id: string;
  readonly settings: HubSettings;
  readonly layout: CacheLayout;
  readonly signal: AbortSignal;
}

async function pull(context: Pull): Promise<PulledModel> {
  const { id, settings, layout } = context;
  const { revision, offlineBy } = settings;
  const known = await readRef(layout, revision);
  const cached = known === undefined ? undefined : await inspectSnapshot(layout, known);
  const copy = cached?.missing.length === 0 ? cached : undefined;
  const found = (commit: string, isCached: boolean): PulledModel => ({
    ...{ id, revision, commit, isCached },
    folder: join(layout.snapshots, commit),
  });
  if (copy !== undefined && (isCommit(revision) || offlineBy !== undefined)) return found(copy.commit, true);
  if (offlineBy !== undefined) throw notCached(context, cached, offlineBy);
  const commit = isCommit(revision) ? revision : await currentCommit(context, copy);
  // Without a list of its files a copy only looks complete: an older Python client may have left some out.
  if (commit === undefined || (commit === copy?.commit && copy.files !== undefined)) return found(copy!.commit, true);
  return found(commit, await complete(context, commit));
}

/** With a copy at hand nobody should wait long for a Hub that does not answer. */
const quickTimeoutMs = 10_000;

/** The commit that the revision stands for now; undefined when the copy must do. */
async function currentCommit(
  { id, settings, signal }: Pull,
  copy: CachedSnapshot | undefined,
): Promise<string | undefined> {
  const requestTimeoutMs = Math.min(settings.requestTimeoutMs, quickTimeoutMs);
  const patience = copy === undefined ? settings : { ...settings, attempts: 1, requestTimeoutMs };
  const client = createHubClient(patience, { id, ...settings });
  try {
    return await resolveCommit(client, settings.revision, signal);
  } catch (error) {
    if (copy === undefined || !mayUseCopy(error, signal)) throw error;
    settings.logger.warn(`${(error as Error).message} The copy of ${id} in the cache (${copy.commit}) is used.`);
    return undefined;
  } finally {
    client.close();
  }
}

/** Anything but "there is no such revision", the caller's own stop, and defects. */
function mayUseCopy(error: unknown, signal: AbortSignal): boolean {
  return VisionError.isInstance(error) && !signal.aborted && !isRevisionUnknown(error);
}

/** @returns true when nothing had to be downloaded */
async function complete({ id, settings, layout, signal }: Pull, commit: string): Promise<boolean> {
  const client = createHubClient(settings, { id, ...settings });
  try {
    const listing = (await readListing(layout, commit)) ?? (await listFiles(client, commit, signal));
    const files = selectFiles(listing);
    checkSelection(id, files, listing);
    const missing = new Set(await missingOf(join(layout.snapshots, commit), files));
    await writeListing(layout, commit, listing);
    const wanted = files.filter(({ path }) => missing.has(path));
    if (wanted.length > 0) await downloadFiles(wanted, id, { client, layout, settings, commit, signal });
    await writeAbsentNames(layout, commit, listing);
    await writeRef(layout, settings.revision, commit);
    return wanted.length === 0;
  } finally {
    client.close();
  }
}

function checkSelection(id: string, files: readonly ListedFile[], listing: readonly ListedFile[]): void {
  if (files.length > maxFiles) {
    throw new ModelLoadError(
      `${id} has ${files.length} files that a checkpoint could need; at most ${maxFiles} are downloaded.`,
    );
  }
  if (files.some(isWeights)) return;
  const other = listing.find(({ path }) => /\.(?:gguf|bin|pt|pth|ckpt|onnx|h5|msgpack)$/.test(path));
  const found = other === undefined ? "" : ` (found ${other.path})`;
  throw new ModelLoadError(
    `${id} has no safetensors weights${found}; nothing was downloaded. Choose a repository or revision with model.safetensors.`,
  );
}

function notCached(
  { id, settings, layout }: Pull,
  cached: CachedSnapshot | undefined,
  offlineBy: string,
): ModelLoadError {
  const names = cached?.missing.slice(0, 5).join(", ");
  const state =
    cached === undefined
      ? `is not in the cache ${layout.cacheDir}`
      : `is not complete in the cache ${layout.cacheDir}: ${cached.missing.length} files are missing (${names})`;
  return new ModelLoadError(
    `${id} (revision ${settings.revision}) ${state}, and the network is switched off (${offlineBy}). Switch it on, or run "ocellus models pull ${id}" where there is a network.`,
  );
}
