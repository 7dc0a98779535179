import {
  applyMinP,
  applyRepetitionPenalty,
  applyTemperature,
  applyTopK,
  forbidRepeatedNgrams,
  forbidTokens,
} from "./logits-processors.ts";
import { drawToken, pickHighest } from "./pick-token.ts";
import type { SamplerConfig } from "./sampler-config.ts";
import { createSeededRandom } from "./seeded-random.ts";
import { applyTopP } from "./top-p.ts";

/** What a sampler knows of the request beside its config. */
export interface SamplerContext {
  /** Ids that end an answer; forbidden before `minNewTokens`. */
  readonly eosTokenIds: readonly number[];
  /** The whole prompt, image placeholders included: the repetition penalty counts them as transformers does. */
  readonly promptIds: readonly number[];
  /** Forbids tokens (−∞) that a grammar does not allow; runs after the processors and before temperature. */
  readonly mask?: ((logits: Float32Array) => void) | undefined;
}

/** Chooses the tokens of one answer. */
export interface Sampler {
  /**
   * The next token for the logits of the last position, [vocabSize]. The buffer is overwritten with the processed
   * scores. Nothing is remembered: hand the id to `accept`.
   *
   * @throws GenerationError when a score is not a number, or no token is allowed.
   */
  next(logits: Float32Array): number;
  /** Adds an id to the answer: one that `next` chose, or one that was forced. */
  accept(id: number): void;
}

/**
 * A sampler with the processors of transformers 5.23 in their order: repetition penalty, repeated n-grams, minimum
 * length, mask; then, when sampling, temperature, top-k, top-p, min-p and a draw. Greedy choices equal those of transformers;
 * draws use another generator than torch and differ from it.
 */
export function createSampler(config: SamplerConfig, { eosTokenIds, promptIds, mask }: SamplerContext): Sampler {
  const ngramSize = config.noRepeatNgramSize;
  const penalize = config.repetitionPenalty !== 1;
  const seen = new Set<number>(penalize ? promptIds : []);
  const history: number[] = ngramSize > 0 ? [...promptIds] : [];
  const random = createSeededRandom(config.seed);
  let generated = 0;

  const process = (logits: Float32Array): void => {
    if (penalize) applyRepetitionPenalty(logits, seen, config.repetitionPenalty);
    if (ngramSize > 0) forbidRepeatedNgrams(logits, history, ngramSize);
    if (generated < config.minNewTokens) forbidTokens(logits, eosTokenIds);
    mask?.(logits);
  };

  const warp = (logits: Float32Array): void => {
    if (config.temperature !== 1) applyTemperature(logits, config.temperature);
    if (config.topK > 0) applyTopK(logits, config.topK);
    if (config.topP < 1) applyTopP(logits, config.topP);
    if (config.minP > 0) applyMinP(logits, config.minP);
  };

  return {
    next(logits) {
      process(logits);
      if (!config.doSample) return pickHighest(logits);
      // Before the filters, which compare scores and would lose a NaN.
      pickHighest(logits);
      warp(logits);
      return drawToken(logits, random());
    },
    accept(id) {
      generated++;
      if (penalize) seen.add(id);
      if (ngramSize > 0) history.push(id);
    },
  };
}
