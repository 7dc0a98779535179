import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ModelLoadError } from "@ocellus/core";
import type { CheckpointFiles } from "./checkpoint-files.ts";

/** tokenizer.json, the largest of these files, has up to 35 MB. */
const maxBytes = 64 * 1024 * 1024;

/**
 * The small files of a folder whose weights could not be opened, so that the rest can still be inspected.
 *
 * @param folder absolute path; every file is named by the engine itself, never by the folder's content
 */
export function folderFiles(folder: string): CheckpointFiles {
  const sizeOf = (file: string): number | undefined => {
    const stats = statSync(join(folder, file), { throwIfNoEntry: false });
    return stats?.isFile() === true ? stats.size : undefined;
  };
  const readText = async (file: string): Promise<string> => {
    const size = sizeOf(file);
    if (size === undefined) {
      throw new ModelLoadError(
        `${join(folder, file)} is missing. Copy it from the model's repository into the folder.`,
      );
    }
    if (size > maxBytes)
      throw new ModelLoadError(`${join(folder, file)} has ${size} bytes; at most ${maxBytes} are read.`);
    try {
      return await readFile(join(folder, file), "utf8");
    } catch (cause) {
      throw new ModelLoadError(`${join(folder, file)} cannot be read: ${(cause as Error).message}.`, { cause });
    }
  };
  return {
    has: (file) => sizeOf(file) !== undefined,
    readText,
    readJson: async (file) => {
      const text = await readText(file);
      try {
        return JSON.parse(text) as unknown;
      } catch (cause) {
        throw new ModelLoadError(`${join(folder, file)} is no valid JSON: ${(cause as Error).message}.`, { cause });
      }
    },
  };
}
