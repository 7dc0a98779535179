import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { ApiCallError, InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import { isHubId } from "./hub-id.ts";
import type { HubOptions } from "./hub-options.ts";
import { pullModel } from "./pull-model.ts";

/**
 * Turns what the caller named into the absolute path of an existing checkpoint folder: a folder (absolute, relative or
 * `~` path) when there is one, else a model of the Hub, which is downloaded as far as the cache lacks it.
 *
 * @throws InvalidArgumentError when `name` is neither a usable path nor an id
 * @throws ModelLoadError when there is no such folder; what `pullModel` throws
 */
export async function locateCheckpoint(name: string, options: HubOptions = {}): Promise<string> {
  if (typeof name !== "string" || name === "" || name.includes("\0")) {
    throw new InvalidArgumentError(
      `The checkpoint must be the path of a folder or a Hub id, got ${JSON.stringify(name)}.`,
    );
  }
  const absolute = resolve(name.replace(/^~(?=$|[\\/])/, () => homedir()));
  const problem = await problemOf(absolute);
  if (problem === undefined) return absolute;
  if (!problem.isMissing || !isHubId(name)) throw problem.error;
  try {
    return (await pullModel(name, options)).folder;
  } catch (error) {
    throw ApiCallError.isInstance(error) && error.status === 404 ? neither(error, absolute) : error;
  }
}

interface Problem {
  readonly isMissing: boolean;
  readonly error: ModelLoadError;
}

async function problemOf(absolute: string): Promise<Problem | undefined> {
  try {
    if ((await stat(absolute)).isDirectory()) return undefined;
  } catch (cause) {
    const isMissing = ["ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? "");
    const state = isMissing ? "does not exist" : "cannot be read";
    const remedy =
      "Pass a folder that holds config.json and model.safetensors, or the id of a model at the Hub (org/name).";
    return { isMissing, error: new ModelLoadError(`Checkpoint folder ${absolute} ${state}. ${remedy}`, { cause }) };
  }
  const message = `${absolute} is a file. Pass the folder that holds config.json and the weights.`;
  return { isMissing: false, error: new ModelLoadError(message) };
}

/** For a mistyped path that reads like an id. */
function neither(error: ApiCallError, absolute: string): ApiCallError {
  const { status, url } = error;
  return new ApiCallError(`${error.message} Nor is there a folder ${absolute}.`, { status, url, cause: error });
}
