import { join } from "node:path";
import { listFolder } from "./list-folder.ts";
import { parseJsonFile } from "./parse-json-file.ts";
import { readTextFile } from "./read-text-file.ts";

const maxConfigBytes = 16 * 1024 * 1024;

/**
 * The sub folders that a checkpoint without weights of its own is divided into (the layout of VILA: `llm/`,
 * `vision_tower/`, `mm_projector/`, each with a config.json and weights): those that config.json has a key `<name>_cfg`
 * for and that hold `weightsFile` or its index, in the order of the keys.
 *
 * @param folder absolute path
 * @returns base names; none for a checkpoint whose weights stand in the folder itself
 * @throws ModelLoadError when config.json or a folder cannot be read
 */
export async function findParts(folder: string, weightsFile: string, signal?: AbortSignal): Promise<readonly string[]> {
  const holdsWeights = (files: ReadonlySet<string>): boolean =>
    files.has(weightsFile) || files.has(`${weightsFile}.index.json`);
  const present = await listFolder(folder);
  if (holdsWeights(present) || !present.has("config.json")) return [];
  const path = join(folder, "config.json");
  const config = parseJsonFile(await readTextFile(path, maxConfigBytes, signal), path);
  const parts: string[] = [];
  for (const key of Object.keys(config ?? {})) {
    const name = /^(\w+)_cfg$/.exec(key)?.[1];
    if (name === undefined || !present.has(name)) continue;
    if (holdsWeights(await listFolder(join(folder, name)))) parts.push(name);
  }
  return parts;
}
