import { checkKnownKeys, InvalidArgumentError } from "@ocellus/core";
import type { AbortOptions, Checkpoint } from "./checkpoint.ts";
import { findParts } from "./find-parts.ts";
import { FolderCheckpoint } from "./folder-checkpoint.ts";
import { openWeights } from "./open-weight-files.ts";
import { resolveCheckpointFolder } from "./resolve-checkpoint-folder.ts";
import { resolveInsideFolder } from "./resolve-inside-folder.ts";

/** How to open a checkpoint folder. */
export interface OpenCheckpointOptions extends AbortOptions {
  /**
   * Name of the weight file ("model.safetensors"; an adapter has "adapter_model.safetensors"). When it is not there, the
   * shards that `<weightsFile>.index.json` names are used.
   */
  readonly weightsFile?: string | undefined;
}

/**
 * Opens a local checkpoint folder: finds its weights, checks all safetensors headers and lists the tensors. No weights
 * are read yet. A checkpoint that is divided into sub folders (see `Checkpoint.parts`) is opened as one.
 *
 * @param folder absolute, relative or `~` path; a snapshot folder of the Hub cache works too
 * @throws InvalidArgumentError for an unusable path or an unknown option
 * @throws ModelLoadError when the folder or its weights are missing, damaged or of another format
 * @throws AbortedError when `signal` is aborted
 *
 * @example
 * await using checkpoint = await openCheckpoint("~/models/qwen2.5-vl-3b");
 * const config = await checkpoint.readJson("config.json");
 */
export async function openCheckpoint(folder: string, options: OpenCheckpointOptions = {}): Promise<Checkpoint> {
  checkKnownKeys(options, ["signal", "weightsFile"], "options");
  const { signal, weightsFile = "model.safetensors" } = options;
  if (weightsFile.includes("/") || resolveInsideFolder("", weightsFile) === undefined) {
    throw new InvalidArgumentError(`weightsFile must be a file name, got ${JSON.stringify(weightsFile)}.`);
  }
  const absolute = await resolveCheckpointFolder(folder);
  const parts = await findParts(absolute, weightsFile, signal);
  return new FolderCheckpoint(absolute, await openWeights(absolute, { weightsFile, parts, signal }), parts);
}
