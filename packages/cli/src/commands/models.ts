import {
  type CachedModel,
  listModels,
  pullModel,
  removeModel,
  silentLogger,
  type VerifiedModel,
  verifyModel,
} from "ocellus";
import { formatBytes } from "../output/format-quantity.ts";
import { createLoadingLine } from "../output/loading-line.ts";
import { printableOn } from "../output/printable.ts";
import { writeMessage, writeOutput } from "../output/write-output.ts";

/** What every command of `ocellus models` takes. */
export interface CacheOptions {
  readonly cacheDir?: string;
  readonly json?: true;
}

/** {@link CacheOptions} of a command about one model. */
export interface RevisionOptions extends CacheOptions {
  readonly revision?: string;
}

/** The options of `ocellus models pull`. */
export interface PullOptions extends RevisionOptions {
  readonly progress?: boolean;
  readonly quiet?: true;
}

/** The options of `ocellus models verify`. */
export interface VerifyOptions extends RevisionOptions {
  readonly repair?: true;
}

/**
 * `ocellus models pull`: prints the folder of the complete model.
 *
 * @throws typed errors of the download
 */
export async function pull(id: string, options: PullOptions, signal: AbortSignal): Promise<number> {
  const isQuiet = options.quiet === true;
  const line = createLoadingLine(process.stderr, isQuiet ? false : options.progress);
  try {
    const model = await pullModel(id, {
      ...placeOf(options),
      signal,
      onProgress: line.update,
      ...(isQuiet ? { logger: silentLogger } : {}),
    });
    line.end();
    await print(options.json === true ? JSON.stringify(model) : model.folder);
    return 0;
  } finally {
    line.end();
  }
}

/** `ocellus models list`: a line for every model and one for each of its revisions; with `--json` an object a line. */
export async function list(options: CacheOptions): Promise<number> {
  const models = await listModels(placeOf(options));
  for (const model of models) await print(options.json === true ? JSON.stringify(model) : describeModel(model));
  if (models.length === 0 && options.json !== true) writeMessage("ocellus: no models of the Hub are here.\n");
  return 0;
}

function describeModel({ id, bytes, incompleteBytes, revisions }: CachedModel): string {
  const partial = incompleteBytes === 0 ? "" : `  (${formatBytes(incompleteBytes)} of interrupted downloads)`;
  const lines = revisions.map(({ commit, refs, files, missing, ...revision }) => {
    const state = missing.length === 0 ? "" : `  lacks ${missing.length} files: ${missing.slice(0, 3).join(", ")}`;
    return `  ${commit.slice(0, 12)}  ${formatBytes(revision.bytes)} in ${files} files  ${refs.join(", ")}${state}`;
  });
  return [`${id}  ${formatBytes(bytes)}${partial}`, ...lines.map((line) => line.trimEnd())].join("\n");
}

/**
 * `ocellus models remove`.
 *
 * @returns 1 when another process used some of it, which stays
 * @throws ModelLoadError when it is not here
 */
export async function remove(id: string, options: RevisionOptions): Promise<number> {
  const removed = await removeModel(id, placeOf(options));
  const { commits, freedBytes, busy } = removed;
  const text = `removed ${commits.length} revision${commits.length === 1 ? "" : "s"} of ${id}, ${formatBytes(freedBytes)} freed`;
  await print(options.json === true ? JSON.stringify(removed) : text);
  if (busy > 0) writeMessage(`ocellus: another process uses ${busy} files of ${id}; they stay. Try again later.\n`);
  return busy > 0 ? 1 : 0;
}

/**
 * `ocellus models verify`: names damaged and missing files.
 *
 * @returns 1 when there are any (left, with `--repair`)
 * @throws ModelLoadError when the model is not here; typed errors of the download
 */
export async function verify(id: string, options: VerifyOptions, signal: AbortSignal): Promise<number> {
  const line = createLoadingLine(process.stderr, undefined);
  const settings = { ...placeOf(options), repair: options.repair === true, signal, onProgress: line.update };
  const verified = await verifyModel(id, settings).finally(line.end);
  await print(options.json === true ? JSON.stringify(verified) : describeVerified(verified));
  return verified.damaged.length === 0 ? 0 : 1;
}

function describeVerified({ id, files, bytes, damaged, unknown, commits }: VerifiedModel): string {
  const read = `${files} files, ${formatBytes(bytes)}, ${commits.length} revision${commits.length === 1 ? "" : "s"}`;
  return [
    ...damaged.map(({ commit, path, problem }) => `${commit.slice(0, 12)}  ${path} ${problem}`),
    ...unknown.map((path) => `${path}: not checked, its hash is not known here`),
    damaged.length === 0
      ? `${id} is intact (${read})`
      : `${id} is damaged (${read}): "ocellus models verify ${id} --repair" downloads it again`,
  ].join("\n");
}

function placeOf({ cacheDir, revision }: RevisionOptions): Pick<RevisionOptions, "cacheDir" | "revision"> {
  return { ...(cacheDir === undefined ? {} : { cacheDir }), ...(revision === undefined ? {} : { revision }) };
}

async function print(text: string): Promise<void> {
  await writeOutput(`${printableOn(process.stdout, text)}\n`);
}
