import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { InvalidArgumentError, ModelLoadError } from "@ocellus/core";

const hubId = /^[\w.-]+\/[\w.-]+$/;

/**
 * Turns what the caller named (`~` and relative paths too) into the absolute path of an existing folder.
 *
 * @throws InvalidArgumentError when `folder` is not a usable path
 * @throws ModelLoadError when there is no such folder
 */
export async function resolveCheckpointFolder(folder: string): Promise<string> {
  if (typeof folder !== "string" || folder === "" || folder.includes("\0")) {
    throw new InvalidArgumentError(`The checkpoint folder must be a path, got ${JSON.stringify(folder)}.`);
  }
  const absolute = resolve(folder.replace(/^~(?=$|[\\/])/, () => homedir()));
  let isDirectory: boolean;
  try {
    isDirectory = (await stat(absolute)).isDirectory();
  } catch (cause) {
    const problem = (cause as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : "cannot be read";
    throw new ModelLoadError(`Checkpoint folder ${absolute} ${problem}. ${remedy(folder)}`, { cause });
  }
  if (!isDirectory) {
    throw new ModelLoadError(`${absolute} is a file. Pass the folder that holds config.json and the weights.`);
  }
  return absolute;
}

function remedy(folder: string): string {
  const wanted = "Pass a folder that holds config.json and model.safetensors.";
  return hubId.test(folder)
    ? `${wanted} A Hugging Face model is downloaded with "hf download ${folder} --local-dir <folder>".`
    : wanted;
}
