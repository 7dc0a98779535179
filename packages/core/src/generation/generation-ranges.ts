import type { NumberRange } from "../check-number.ts";
import type { GenerationConfig } from "./generation-config.ts";

/** The settings that are numbers. */
export type NumericGenerationKey = Exclude<keyof GenerationConfig, "doSample" | "stopStrings">;

/** Allowed values of the numeric settings. */
export const generationRanges: Readonly<Record<NumericGenerationKey, NumberRange>> = {
  maxNewTokens: { min: 1, max: 1_048_576, integer: true },
  minNewTokens: { min: 0, max: 1_048_576, integer: true },
  temperature: { min: 0, max: 2 },
  topP: { min: 0, max: 1, exclusiveMin: true },
  minP: { min: 0, max: 1 },
  topK: { min: 0, max: 1_048_576, integer: true },
  repetitionPenalty: { min: 0, max: 2, exclusiveMin: true },
  seed: { min: -1, max: Number.MAX_SAFE_INTEGER, integer: true },
  noRepeatNgramSize: { min: 0, max: 1000, integer: true },
};

/** The keys of {@link generationRanges}. */
export const numericGenerationKeys: readonly NumericGenerationKey[] = Object.keys(
  generationRanges,
) as NumericGenerationKey[];

/** Most stop strings of one answer. */
export const maxStopStrings: number = 64;
/** Longest stop string. */
export const maxStopStringLength: number = 1000;
