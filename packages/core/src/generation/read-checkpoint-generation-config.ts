import type { CheckpointGenerationConfig, GenerationConfig } from "./generation-config.ts";
import { isGenerationNumber } from "./resolve-generation-config.ts";

const maxStopTokenIds = 1024;

const numericKeys = {
  maxNewTokens: "max_new_tokens",
  minNewTokens: "min_new_tokens",
  temperature: "temperature",
  topP: "top_p",
  topK: "top_k",
  repetitionPenalty: "repetition_penalty",
  noRepeatNgramSize: "no_repeat_ngram_size",
} as const;

/**
 * Reads the content of a checkpoint's `generation_config.json` (or of the evaluation block of a run): the keys that
 * matter here in snake_case or camelCase, and `eos_token_id` as one number or several. Unknown keys, and values that
 * are out of range, are skipped: a file is no mistake of the caller.
 */
export function readCheckpointGenerationConfig(json: unknown): CheckpointGenerationConfig {
  if (typeof json !== "object" || json === null) return {};
  const file = json as Record<string, unknown>;
  const config: { -readonly [Key in keyof GenerationConfig]?: GenerationConfig[Key] } = {};
  for (const [key, snakeKey] of Object.entries(numericKeys) as [keyof typeof numericKeys, string][]) {
    const value = file[snakeKey] ?? file[key];
    if (isGenerationNumber(key, value)) config[key] = value;
  }
  const doSample = file["do_sample"] ?? file["doSample"];
  if (typeof doSample === "boolean") config.doSample = doSample;
  const stopTokenIds = readTokenIds(file["eos_token_id"] ?? file["eosTokenId"]);
  return stopTokenIds.length > 0 ? { ...config, stopTokenIds } : config;
}

function readTokenIds(value: unknown): readonly number[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.slice(0, maxStopTokenIds).filter((id): id is number => Number.isSafeInteger(id) && (id as number) >= 0);
}
