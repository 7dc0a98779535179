import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { stderr } from "node:process";
import { fileURLToPath } from "node:url";
import { shapes, writeRandomCheckpoint } from "./random-checkpoint.ts";

/**
 * The checkpoint folder of a shape: `tiny` is a golden checkpoint, any other shape is written with random weights once.
 *
 * @param folder keeps the written ones
 * @throws RangeError for an unknown shape, with the known ones
 */
export async function benchCheckpoint(name: string, folder: string): Promise<string> {
  if (name === "tiny") return fileURLToPath(new URL("../../fixtures/checkpoints/qwen2_5_vl", import.meta.url));
  const shape = Object.hasOwn(shapes, name) ? shapes[name as keyof typeof shapes] : undefined;
  if (shape === undefined) throw new RangeError(`--shape must be one of tiny, ${Object.keys(shapes).join(", ")}`);
  const checkpoint = join(folder, `checkpoint-${name}`);
  if (!existsSync(checkpoint)) {
    stderr.write(`writing a random checkpoint of shape ${name} to ${checkpoint}\n`);
    await mkdir(folder, { recursive: true });
    await writeRandomCheckpoint(`${checkpoint}.part`, shape, { dtype: "BF16" });
    await rename(`${checkpoint}.part`, checkpoint);
  }
  return checkpoint;
}
