import { isInRange } from "../check-number.ts";
import type { CheckpointGenerationConfig, GenerationConfig } from "./generation-config.ts";
import { generationRanges, maxStopStringLength, maxStopStrings, numericGenerationKeys } from "./generation-ranges.ts";

const maxStopTokenIds = 1024;

/**
 * Reads the content of a checkpoint's `generation_config.json` (or of the evaluation block of a run): the keys that
 * matter here in snake_case or camelCase, and `eos_token_id` as one number or several. Unknown keys, and values that
 * are out of range, are skipped: a file is no mistake of the caller. What this function returned may be read again.
 */
export function readCheckpointGenerationConfig(json: unknown): CheckpointGenerationConfig {
  if (typeof json !== "object" || json === null) return {};
  const file = json as Readonly<Record<string, unknown>>;
  const config: { -readonly [Key in keyof GenerationConfig]?: GenerationConfig[Key] } = {};
  for (const key of numericGenerationKeys) {
    const value = readKey(file, key);
    if (isInRange(value, generationRanges[key])) config[key] = value;
  }
  const doSample = readKey(file, "doSample");
  if (typeof doSample === "boolean") config.doSample = doSample;
  const stopStrings = asList(readKey(file, "stopStrings"), maxStopStrings).filter(isStopString);
  if (stopStrings.length > 0) config.stopStrings = stopStrings;
  const ids = asList(readKey(file, "eosTokenId") ?? file.stopTokenIds, maxStopTokenIds).filter(isTokenId);
  return ids.length > 0 ? { ...config, stopTokenIds: ids } : config;
}

/** The value under the snake_case or else the camelCase name. */
function readKey(file: Readonly<Record<string, unknown>>, key: string): unknown {
  return file[key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] ?? file[key];
}

function asList(value: unknown, maxLength: number): readonly unknown[] {
  return (Array.isArray(value) ? value : [value]).slice(0, maxLength);
}

function isStopString(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= maxStopStringLength;
}

function isTokenId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
