import { ModelLoadError } from "@ocellus/core";
import type { CheckpointFiles } from "../checkpoint/checkpoint-files.ts";

/** A JSON object whose values are not checked yet. */
export type JsonObject = { readonly [key: string]: unknown };

/** True for a plain JSON object (not null, not an array). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads a JSON file that must hold an object.
 *
 * @throws ModelLoadError when it holds something else.
 */
export async function readJsonObject(files: CheckpointFiles, file: string): Promise<JsonObject> {
  const value = await files.readJson(file);
  if (isJsonObject(value)) return value;
  throw new ModelLoadError(`${file} must hold a JSON object, got ${Array.isArray(value) ? "an array" : typeof value}.`);
}
