import { InvalidArgumentError } from "@ocellus/core";

/** The part of a generation config that decides about the next token. */
export interface SamplerConfig {
  /** Draw from the distribution (true) or take the most probable token (false). */
  readonly doSample: boolean;
  /** Divides the logits; > 0. Only with `doSample`. */
  readonly temperature: number;
  /** Keep the smallest set of tokens whose probabilities sum to this; 0–1, 1 keeps all. Only with `doSample`. */
  readonly topP: number;
  /** Keep the k most probable tokens; 0 keeps all. Only with `doSample`. */
  readonly topK: number;
  /** Makes tokens of the prompt and the answer less probable; > 0, 1 changes nothing. */
  readonly repetitionPenalty: number;
  /** Same seed, same draws; −1 for a random one. */
  readonly seed: number;
  /** The end tokens are forbidden before so many tokens. */
  readonly minNewTokens: number;
  /** No sequence of so many tokens occurs twice in prompt and answer; 0 or absent: no limit. */
  readonly noRepeatNgramSize?: number | undefined;
}

/**
 * Checks the values that would make a sampler meaningless.
 *
 * @throws InvalidArgumentError naming the option and its value.
 */
export function checkSamplerConfig(config: SamplerConfig): void {
  const require = (name: keyof SamplerConfig, holds: boolean, rule: string): void => {
    if (!holds)
      throw new InvalidArgumentError(`generationConfig.${name} must be ${rule}, got ${String(config[name])}.`);
  };
  const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
  const isPositive = (value: number): boolean => Number.isFinite(value) && value > 0;
  require("temperature", !config.doSample || isPositive(config.temperature), "a positive number");
  require("topP", config.topP >= 0 && config.topP <= 1, "a number from 0 to 1");
  require("topK", isCount(config.topK), "a whole number, 0 or more");
  require("repetitionPenalty", isPositive(config.repetitionPenalty), "a positive number");
  require("seed", Number.isSafeInteger(config.seed) &&
    config.seed >= -1, "a whole number, 0 or more, or -1 for a random one");
  require("minNewTokens", isCount(config.minNewTokens), "a whole number, 0 or more");
  require("noRepeatNgramSize", isCount(config.noRepeatNgramSize ?? 0), "a whole number, 0 or more");
}
