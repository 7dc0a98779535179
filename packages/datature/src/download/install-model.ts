import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkpointNote } from "./run-folder.ts";

/**
 * Puts an unpacked model into its place. `model_full` is the mark that all is there: it goes first and comes last, so
 * that a process that ends in between leaves no mixture.
 *
 * @param unpacked folder with `model_full` and perhaps `model_adapter`, on the same disk
 * @param old an empty folder for what was there before
 * @throws errors of the file system as they are
 */
export async function installModel(unpacked: string, folder: string, old: string, checkpoint: string): Promise<void> {
  for (const name of ["model_full", "model_adapter", checkpointNote]) await move(join(folder, name), join(old, name));
  await writeFile(join(folder, checkpointNote), `${JSON.stringify({ checkpoint })}\n`);
  for (const name of ["model_adapter", "model_full"]) await move(join(unpacked, name), join(folder, name));
  await rm(old, { recursive: true, force: true });
}

async function move(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}
