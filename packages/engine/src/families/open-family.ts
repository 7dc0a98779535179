import { InvalidArgumentError } from "@ocellus/core";
import type { ModelCheckpoint } from "../checkpoint/model-checkpoint.ts";
import type { EngineOptions } from "../engine-options.ts";
import type { FamilyModel } from "./model-family.ts";
import { familyOf } from "./registry.ts";

/**
 * Reads config.json and opens the checkpoint in its family. Used for answering, converting and inspecting.
 *
 * @throws ModelLoadError when the architecture is not supported or files do not fit together
 */
export async function openFamily(checkpoint: ModelCheckpoint, options: EngineOptions): Promise<FamilyModel> {
  const { minPixels, maxPixels } = options;
  for (const [name, value] of Object.entries({ minPixels, maxPixels, threads: options.threads })) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      throw new InvalidArgumentError(`${name} must be a positive whole number, got ${value}.`);
    }
  }
  return familyOf(await checkpoint.readJson("config.json")).open(checkpoint, { minPixels, maxPixels });
}
