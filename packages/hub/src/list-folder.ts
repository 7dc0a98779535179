import { readdir } from "node:fs/promises";
import { ModelLoadError } from "@ocellus/core";

/**
 * The names of everything in a folder.
 *
 * @throws ModelLoadError when it cannot be listed
 */
export async function listFolder(folder: string): Promise<ReadonlySet<string>> {
  try {
    return new Set(await readdir(folder));
  } catch (cause) {
    throw new ModelLoadError(`Checkpoint folder ${folder} cannot be listed: ${(cause as Error).message}.`, { cause });
  }
}
