import { checkKnownKeys } from "../check-known-keys.ts";
import { checkNumber } from "../check-number.ts";
import { describeValue } from "../describe-value.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import {
  type CheckpointGenerationConfig,
  type GenerationConfig,
  type GenerationConfigInput,
  generationDefaults,
  type ResolvedGenerationConfig,
} from "./generation-config.ts";
import { generationRanges, maxStopStringLength, maxStopStrings, numericGenerationKeys } from "./generation-ranges.ts";
import { readCheckpointGenerationConfig } from "./read-checkpoint-generation-config.ts";

/** Default cap of an answer that thinks first. */
const cotMaxNewTokens = 4096;

const knownKeys: readonly string[] = Object.keys(generationDefaults);

/**
 * Checks what a caller gave as `generationConfig` and returns it with `stopStrings` as a list; keys that are
 * `undefined` count as absent.
 *
 * @param path what messages call the object
 * @throws InvalidArgumentError for an unknown key (naming the nearest one), a wrong type, or a value out of range
 */
export function checkGenerationConfig(
  input: unknown,
  path: string = "options.generationConfig",
): Partial<GenerationConfig> {
  if (input === undefined) return {};
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new InvalidArgumentError(`${path} must be an object; got ${describeValue(input)}.`);
  }
  checkKnownKeys(input, knownKeys, path);
  const given = input as GenerationConfigInput;
  const checked: { -readonly [Key in keyof GenerationConfig]?: GenerationConfig[Key] } = {};
  for (const key of numericGenerationKeys) {
    if (given[key] !== undefined) checked[key] = checkNumber(given[key], `${path}.${key}`, generationRanges[key]);
  }
  if (given.doSample !== undefined) {
    if (typeof given.doSample !== "boolean") {
      throw new InvalidArgumentError(`${path}.doSample must be true or false; got ${describeValue(given.doSample)}.`);
    }
    checked.doSample = given.doSample;
  }
  if (given.stopStrings !== undefined) checked.stopStrings = checkStopStrings(given.stopStrings, `${path}.stopStrings`);
  return checked;
}

function checkStopStrings(input: unknown, path: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (list.length > maxStopStrings) {
    throw new InvalidArgumentError(`${path} must have at most ${maxStopStrings} texts; got ${list.length}.`);
  }
  return list.map((text, index) => {
    if (typeof text === "string" && text !== "" && text.length <= maxStopStringLength) return text;
    const place = Array.isArray(input) ? `${path}[${index}]` : path;
    throw new InvalidArgumentError(
      `${place} must be a text of 1 to ${maxStopStringLength} characters; got ${describeValue(text)}.`,
    );
  });
}

/** What {@link resolveGenerationConfig} is told beside the settings. */
export interface ResolveGenerationOptions {
  /** The answer thinks first: the default cap is 4096. */
  readonly cot?: boolean;
  /** What messages call the caller's object. */
  readonly path?: string;
}

/**
 * The settings of one answer: the caller's over the checkpoint's over {@link generationDefaults}.
 *
 * - The checkpoint's `doSample` is not taken over: answers are greedy unless the caller says otherwise.
 * - `doSample: true`, or a `temperature` above 0 without `doSample`, samples; `temperature: 0` is always greedy.
 * - `cot` raises the cap to 4096 unless the caller gave `maxNewTokens` (a higher cap of the checkpoint stays).
 * - The checkpoint's stop ids always count.
 *
 * @param checkpoint its settings, also as the raw content of `generation_config.json`
 *
 * @throws InvalidArgumentError as {@link checkGenerationConfig}, and for a `minNewTokens` above the cap
 */
export function resolveGenerationConfig(
  user: GenerationConfigInput | undefined,
  checkpoint: CheckpointGenerationConfig | Readonly<Record<string, unknown>> = {},
  options: ResolveGenerationOptions = {},
): ResolvedGenerationConfig {
  const path = options.path ?? "options.generationConfig";
  const given = checkGenerationConfig(user, path);
  const { stopTokenIds = [], ...own } = readCheckpointGenerationConfig(checkpoint);
  const merged: GenerationConfig = { ...generationDefaults, ...own, ...given };
  const cap =
    options.cot === true && given.maxNewTokens === undefined
      ? Math.max(cotMaxNewTokens, own.maxNewTokens ?? 0)
      : merged.maxNewTokens;
  if ((given.minNewTokens ?? 0) > cap) {
    throw new InvalidArgumentError(`${path}.minNewTokens (${merged.minNewTokens}) is above maxNewTokens (${cap}).`);
  }
  const wantsSampling = given.doSample ?? (given.temperature ?? 0) > 0;
  return {
    ...merged,
    maxNewTokens: cap,
    minNewTokens: Math.min(merged.minNewTokens, cap),
    doSample: wantsSampling && merged.temperature > 0,
    stopTokenIds,
  };
}
