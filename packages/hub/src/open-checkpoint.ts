import { checkKnownKeys, InvalidArgumentError } from "@ocellus/core";
import type { Checkpoint } from "./checkpoint.ts";
import { findParts } from "./find-parts.ts";
import { FolderCheckpoint } from "./folder-checkpoint.ts";
import { type HubOptions, hubOptionNames } from "./hub-options.ts";
import { locateCheckpoint } from "./locate-checkpoint.ts";
import { openWeights } from "./open-weight-files.ts";
import { resolveInsideFolder } from "./resolve-inside-folder.ts";

/** How to open a checkpoint. The options of the Hub only count for one that is named by its id. */
export interface OpenCheckpointOptions extends HubOptions {
  /**
   * Name of the weight file ("model.safetensors"; an adapter has "adapter_model.safetensors"). When it is not there, the
   * shards that `<weightsFile>.index.json` names are used.
   */
  readonly weightsFile?: string | undefined;
}

/**
 * Opens a checkpoint: a folder when there is one of that name, else a model of the Hub, which is downloaded as far as
 * the cache lacks it. Finds its weights, checks all safetensors headers and lists the tensors. No weights are read yet.
 * A checkpoint that is divided into sub folders (see `Checkpoint.parts`) is opened as one.
 *
 * @param name absolute, relative or `~` path (a snapshot folder of the Hub cache works too), or `org/name`
 * @throws InvalidArgumentError for an unusable path or an unknown option
 * @throws ModelLoadError when the folder or its weights are missing, damaged or of another format
 * @throws ApiCallError, ConnectionError, TimeoutError when a model of the Hub cannot be had (see `pullModel`)
 * @throws AbortedError when `signal` is aborted
 *
 * @example
 * await using checkpoint = await openCheckpoint("~/models/qwen2.5-vl-3b");
 * const config = await checkpoint.readJson("config.json");
 */
export async function openCheckpoint(name: string, options: OpenCheckpointOptions = {}): Promise<Checkpoint> {
  checkKnownKeys(options, [...hubOptionNames, "weightsFile"], "options");
  const { weightsFile = "model.safetensors", ...hub } = options;
  const { signal } = hub;
  if (weightsFile.includes("/") || resolveInsideFolder("", weightsFile) === undefined) {
    throw new InvalidArgumentError(`weightsFile must be a file name, got ${JSON.stringify(weightsFile)}.`);
  }
  const absolute = await locateCheckpoint(name, hub);
  const parts = await findParts(absolute, weightsFile, signal);
  return new FolderCheckpoint(absolute, await openWeights(absolute, { weightsFile, parts, signal }), parts);
}
