import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ModelLoadError, type ProgressListener } from "@ocellus/core";
import { downloadFile, isPublicAddress } from "@ocellus/http";
import { lockFile } from "@ocellus/hub";
import { checkId } from "../credentials.ts";
import type { ModelAddress } from "../run-model.ts";
import type { ViClient } from "../vi-client.ts";
import { checkDiskSpace, explainFileError } from "./disk-space.ts";
import { extractArchive } from "./extract-archive.ts";
import { installModel } from "./install-model.ts";
import { type DownloadedRun, findRun, lockPath, type RunPlace, readRunFolder, runFolder } from "./run-folder.ts";

/** What to download, and how. */
export interface DownloadRunOptions extends RunPlace {
  /** Download also when it is here (false). */
  readonly overwrite?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told `download` events with bytes, and `load` events while the archive is unpacked. */
  readonly onProgress?: ProgressListener | undefined;
}

/** More than any open model has. */
const maxModelBytes = 2 ** 42;
/** An address that ends sooner is not used for another try. */
const expiryMarginMs = 60_000;

/**
 * Downloads the model of a run, its adapter with it: the archive is resumed where it was cut off, compared with what its
 * storage states, unpacked beside its place and moved there when its weights are complete. Several processes may ask for
 * the same run.
 *
 * @throws ModelLoadError for a run without a model, a damaged archive, a disk without room
 * @throws ViApiError, ApiCallError, ConnectionError, TimeoutError, AbortedError; InvalidArgumentError for what is no ID
 */
export async function downloadRun(client: ViClient, options: DownloadRunOptions): Promise<DownloadedRun> {
  const folder = runFolder(options);
  try {
    await mkdir(folder, { recursive: true });
    const lock = await lockFile(lockPath(options), { signal: options.signal ?? new AbortController().signal });
    try {
      // Another process may have done it while this one waited.
      const present = options.overwrite === true ? null : await findRun(options);
      return present ?? (await fetchModel(client, folder, options));
    } finally {
      await lock?.release();
    }
  } catch (error) {
    throw explainFileError(error, folder);
  }
}

async function fetchModel(client: ViClient, folder: string, options: DownloadRunOptions): Promise<DownloadedRun> {
  const { runId } = options;
  const { model, address } = await client.models.locate(options);
  const checkpoint = checkId(model.checkpoint, "The platform's name of the model");
  const incoming = join(folder, ".incoming");
  await mkdir(incoming, { recursive: true });
  const archive = join(incoming, `${checkpoint}.tar`);
  // A whole archive is left over when the process ended while it was unpacked.
  if (options.overwrite === true) await rm(archive, { force: true });
  if (!(await isThere(archive))) await fetchArchive(client, { archive, folder, checkpoint, address }, options);
  await unpack({ archive, incoming, folder, checkpoint }, options);
  const installed = await readRunFolder(folder, runId);
  if (installed === null) throw new ModelLoadError(`${folder} was changed by another program meanwhile. Try again.`);
  return installed;
}

interface Fetching {
  readonly archive: string;
  readonly folder: string;
  readonly checkpoint: string;
  readonly address: ModelAddress;
}

async function fetchArchive(
  client: ViClient,
  { archive, folder, checkpoint, address }: Fetching,
  { runId, signal, onProgress }: DownloadRunOptions,
): Promise<void> {
  let current = address;
  let uses = 0;
  const freshAddress = async (): Promise<string> => {
    const isSpent = (current.expiresAt ?? Number.POSITIVE_INFINITY) < Date.now() + expiryMarginMs;
    uses += 1;
    if (uses > 1 || isSpent) current = (await client.models.locate({ runId, checkpoint, signal })).address;
    return current.url;
  };
  await downloadFile({
    url: freshAddress,
    path: archive,
    signal,
    maxBytes: maxModelBytes,
    allowPrivateAddresses: await isPrivateEndpoint(client),
    // The archive and what comes out of it.
    onSize: async (total, present) => await checkDiskSpace(folder, 2 * (total ?? 0) - present),
    onProgress: (bytes, totalBytes) => onProgress?.({ kind: "download", file: `run ${runId}`, bytes, totalBytes }),
  });
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

interface Unpacking {
  readonly archive: string;
  readonly incoming: string;
  readonly folder: string;
  readonly checkpoint: string;
}

async function unpack(
  { archive, incoming, folder, checkpoint }: Unpacking,
  options: DownloadRunOptions,
): Promise<void> {
  const { runId, signal, onProgress } = options;
  const unpacked = join(incoming, "unpacked");
  const old = join(incoming, "old");
  for (const path of [unpacked, old]) {
    await rm(path, { recursive: true, force: true });
    await mkdir(path);
  }
  const { size } = await stat(archive);
  const report = (bytes: number): void =>
    onProgress?.({ kind: "load", step: "unpacking the model", fraction: Math.min(1, bytes / Math.max(1, size)) });
  try {
    await extractArchive(archive, unpacked, { signal, maxBytes: maxModelBytes, onProgress: report });
    await checkUnpacked(unpacked, runId);
  } catch (error) {
    await rm(unpacked, { recursive: true, force: true });
    // A damaged archive is not worth another look; after everything else it is still good.
    if (ModelLoadError.isInstance(error)) await rm(archive, { force: true });
    throw error;
  }
  await installModel(unpacked, folder, old, checkpoint);
  await rm(incoming, { recursive: true, force: true });
}

async function checkUnpacked(unpacked: string, runId: string): Promise<void> {
  if ((await readRunFolder(unpacked, runId)) !== null) return;
  throw new ModelLoadError(
    `The archive of run "${runId}" has no complete model: model_full with model.safetensors, or all shards of its index, is missing. Export the run again on Datature Vi.`,
  );
}

/** A platform on this machine or in a private network has its storage there, too. */
async function isPrivateEndpoint(client: ViClient): Promise<boolean> {
  const host = new URL(await client.endpoint()).hostname.replace(/^\[|\]$/g, "");
  return host === "localhost" || (/^[\d.]+$|:/.test(host) && !isPublicAddress(host));
}
