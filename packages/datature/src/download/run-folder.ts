import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ModelLoadError } from "@ocellus/core";
import { openCheckpoint } from "@ocellus/hub";
import { checkId } from "../credentials.ts";
import { defaultSavePath, expandHome } from "../environment.ts";

/** Which model of a run, and where models are kept. */
export interface RunPlace {
  readonly runId: string;
  /** The newest at the time of the download when absent. */
  readonly checkpoint?: string | undefined;
  /** (`~/.datature/vi/models`, as in the Vi SDK) */
  readonly savePath?: string | undefined;
}

/** A model of a run on this machine, complete. */
export interface DownloadedRun {
  readonly runId: string;
  /** Its name at the platform; `null` when another program has downloaded it. */
  readonly checkpoint: string | null;
  /** `model_full`: weights, tokenizer, run.json. */
  readonly modelFolder: string;
  /** `model_adapter`; `null` for a run that trained all weights. */
  readonly adapterFolder: string | null;
}

/** Name of the file that says which checkpoint a folder holds. */
export const checkpointNote = "checkpoint.json";

/**
 * The folder of a run: `<savePath>/<runId>` as the Vi SDK has it, and below it `checkpoints/<checkpoint>` for a named one,
 * so that each checkpoint has a place of its own.
 *
 * @throws InvalidArgumentError for what is no ID
 */
export function runFolder({ runId, checkpoint, savePath = defaultSavePath() }: RunPlace): string {
  const folder = join(resolve(expandHome(savePath)), checkId(runId, "runId"));
  return checkpoint === undefined ? folder : join(folder, "checkpoints", checkId(checkpoint, "checkpoint"));
}

/** The lock of a folder of a run; it lies beside all runs, and is never deleted. */
export function lockPath({ runId, checkpoint, savePath = defaultSavePath() }: RunPlace): string {
  return join(
    resolve(expandHome(savePath)),
    ".locks",
    `${runId}${checkpoint === undefined ? "" : `.${checkpoint}`}.lock`,
  );
}

/**
 * The model on this machine; `null` when it is not there or not complete. A named checkpoint is also found as the newest
 * one that was downloaded without a name.
 *
 * @throws InvalidArgumentError for what is no ID
 */
export async function findRun(place: RunPlace): Promise<DownloadedRun | null> {
  const { checkpoint, runId } = place;
  const own = await readRunFolder(runFolder(place), runId);
  if (own !== null || checkpoint === undefined) return own;
  const newest = await readRunFolder(runFolder({ ...place, checkpoint: undefined }), runId);
  return newest?.checkpoint === checkpoint ? newest : null;
}

/** What a folder of a run holds; `null` when its weights are not complete. */
export async function readRunFolder(folder: string, runId: string): Promise<DownloadedRun | null> {
  const modelFolder = join(folder, "model_full");
  if (!(await isFolder(modelFolder))) return null;
  try {
    // Headers and lengths of all weight files.
    await (await openCheckpoint(modelFolder)).close();
  } catch (error) {
    if (ModelLoadError.isInstance(error)) return null;
    throw error;
  }
  const adapterFolder = join(folder, "model_adapter");
  return {
    runId,
    checkpoint: await readNote(folder),
    modelFolder,
    adapterFolder: (await isFolder(adapterFolder)) ? adapterFolder : null,
  };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() === true;
}

async function readNote(folder: string): Promise<string | null> {
  try {
    const note = JSON.parse(await readFile(join(folder, checkpointNote), "utf8")) as { checkpoint?: unknown };
    return typeof note.checkpoint === "string" ? note.checkpoint : null;
  } catch {
    return null;
  }
}
