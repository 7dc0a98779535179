import { open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import { acquireBuildLock } from "./build-lock.ts";
import { fingerprint, graphWriterVersion, type ManifestFile, writeManifest } from "./cache-manifest.ts";
import type { PieceWriter } from "./data-piece.ts";
import { totalExternalBytes } from "./external-bytes.ts";
import { type EntryState, inspectEntry } from "./inspect-entry.ts";
import type { OnnxGraph } from "./onnx-graph.ts";
import { storageError } from "./storage-error.ts";
import { createTemporaryEntry, removeEntry, removeLeftOvers } from "./temporary-entry.ts";
import { type WriteProgress, writeModels } from "./write-onnx-model.ts";

/** How often a freshly published entry of another process may turn out unusable before giving up. */
const maxAttempts = 3;

/** Which graphs are wanted and where they are kept. */
export interface ObtainGraphsOptions {
  /** The cache folder; created when missing. */
  readonly folder: string;
  /**
   * Name of the entry: letters, digits, ".", "_" and "-". Must differ for everything that makes the graphs differ
   * (weights, precision, version of the family's code).
   */
  readonly key: string;
  /** Builds the graphs by name; called only when they have to be written. */
  readonly graphs: () => Readonly<Record<string, OnnxGraph>>;
  /** Starts what writes their weights; undefined, also as a result, for this thread. */
  readonly openWriters?:
    | ((graphs: Readonly<Record<string, OnnxGraph>>) => readonly PieceWriter[] | undefined)
    | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called while graphs are written, with the bytes of all of them together. */
  readonly onProgress?: ((progress: WriteProgress) => void) | undefined;
  /** Told when a damaged entry is replaced. */
  readonly logger?: { warn(message: string): void } | undefined;
}

/** A cache entry that can be used. */
export interface ObtainedGraphs {
  /** Folder with `<name>.onnx` and `<name>.data` of every graph. */
  readonly folder: string;
  /** True when this call wrote the entry. */
  readonly rebuilt: boolean;
  /** Bytes of all files of the entry. */
  readonly bytes: number;
}

/**
 * Returns the folder with the graphs of a key, from the cache when they are there and intact. Missing or outdated
 * entries are written, damaged ones (a file missing, of the wrong size or with other content) are removed and written
 * again. An entry appears whole or not at all, also when the process is killed or two processes write at once.
 *
 * @throws ModelLoadError when the cache folder cannot be written or the disk is full, with the remedy
 * @throws AbortedError when `signal` is aborted; nothing is left behind
 */
export async function obtainGraphs(options: ObtainGraphsOptions): Promise<ObtainedGraphs> {
  const { folder, key, signal } = options;
  if (!/^[\w-][\w.-]{0,199}$/.test(key)) {
    throw new InvalidArgumentError(
      `"${key}" is no key for the graph cache; use up to 200 letters, digits, ".", "_" and "-".`,
    );
  }
  const entry = join(folder, key);
  await removeLeftOvers(folder);
  try {
    const state = await inspectEntry(entry, key, signal);
    if (state.kind === "valid") return { folder: entry, rebuilt: false, bytes: state.byteLength };
    // Several processes that start at once would all do the same minutes of work.
    const lock = await acquireBuildLock(folder, key, signal);
    try {
      return await buildOrTake(options, entry);
    } finally {
      await lock.release();
    }
  } catch (error) {
    throw storageError(error, folder, () => totalExternalBytes(options.graphs()));
  }
}

/** Builds the entry unless another process has done so in the meantime. */
async function buildOrTake(options: ObtainGraphsOptions, entry: string): Promise<ObtainedGraphs> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const state = await inspectEntry(entry, options.key, options.signal);
    if (state.kind === "valid") return { folder: entry, rebuilt: false, bytes: state.byteLength };
    await makeRoom(options, state, options.logger);
    const bytes = await buildEntry(options, entry);
    if (bytes !== undefined) return { folder: entry, rebuilt: true, bytes };
  }
  throw new ModelLoadError(
    `The cache entry ${entry} is damaged by another process as soon as it is written. End that process or choose another cache folder.`,
  );
}

async function makeRoom(
  { folder, key }: ObtainGraphsOptions,
  state: EntryState,
  logger: ObtainGraphsOptions["logger"],
): Promise<void> {
  if (state.kind !== "damaged" && state.kind !== "outdated") return;
  if (state.kind === "damaged") {
    logger?.warn(`The cached graphs in ${join(folder, key)} are damaged (${state.reason}); they are written again.`);
  }
  await removeEntry(folder, key, state.inode);
}

/** Writes an entry beside its place and moves it there. Undefined when another process was faster. */
async function buildEntry(options: ObtainGraphsOptions, entry: string): Promise<number | undefined> {
  const { folder, key } = options;
  const temporary = await createTemporaryEntry(folder);
  try {
    const files = await writeGraphs(options, temporary);
    await writeManifest(temporary, { writerVersion: graphWriterVersion, key, files });
    await syncFolder(temporary);
    if (!(await publish(temporary, entry))) return undefined;
    await syncFolder(folder);
    return files.reduce((sum, file) => sum + file.byteLength, 0);
  } finally {
    // After a successful move there is nothing left of this name.
    await rm(temporary, { recursive: true, force: true });
  }
}

async function writeGraphs(options: ObtainGraphsOptions, temporary: string): Promise<readonly ManifestFile[]> {
  const { signal, onProgress } = options;
  const graphs = options.graphs();
  const writers = options.openWriters?.(graphs);
  try {
    const files = await writeModels(graphs, { folder: temporary, writers, signal, onProgress });
    return await Promise.all(
      files.map(async (file) => {
        const verified = fingerprint(await stat(join(temporary, file.name), { bigint: true }));
        return { ...file, verified };
      }),
    );
  } finally {
    await Promise.all(writers?.map((writer) => writer.close()) ?? []);
  }
}

/** Moves a finished entry to its place; false when there is one already. */
async function publish(temporary: string, entry: string): Promise<boolean> {
  try {
    await rename(temporary, entry);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // POSIX says ENOTEMPTY or EEXIST when the target is a folder with content, Windows EPERM.
    const taken = code === "ENOTEMPTY" || code === "EEXIST" || code === "EPERM";
    if (taken && (await stat(entry).catch(() => undefined)) !== undefined) return false;
    throw error;
  }
}

/** Makes new names in a folder survive a power failure; not every platform can do this for folders. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Windows cannot open folders; its file system orders these writes by itself.
  }
}
