import { readFileSync } from "node:fs";
import type { ResolvedGenerationConfig } from "@ocellus/core";
import type { TokenConstraint } from "../constraint/token-constraint.ts";
import { createSampler } from "../runtime/sampler/sampler.ts";
import { createSeededRandom } from "../runtime/sampler/seeded-random.ts";
import { createTokenizer, type Tokenizer } from "../text/tokenizer.ts";

/** A tokenizer of fixtures/tokenizers: byte-level (qwen2_5_vl, qwen3_5) or SentencePiece with byte tokens (gemma3, llava_next). */
export function readTokenizer(name: string): Tokenizer {
  const folder = new URL(`../../../../fixtures/tokenizers/${name}/`, import.meta.url);
  const read = (file: string) => JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  return createTokenizer(read("tokenizer.json"), read("tokenizer_config.json"));
}

/** Sampling at temperature 1.5 from everything that is allowed. */
export function hotConfig(
  seed: number,
  maxNewTokens: number,
  stopTokenIds: readonly number[],
): ResolvedGenerationConfig {
  return {
    ...{ maxNewTokens, minNewTokens: 0, doSample: true, temperature: 1.5, topP: 1, topK: 0, minP: 0 },
    ...{ repetitionPenalty: 1, seed, stopStrings: [], noRepeatNgramSize: 0, stopTokenIds },
  };
}

const noise = makeNoise(1 << 16);

/** Normally distributed numbers with standard deviation 2. */
function makeNoise(length: number): Float32Array {
  const random = createSeededRandom(7);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Float32Array.from({ length }, () => 2 * normal());
}

/** The scores of a model with random weights: other ones at each step. */
export function randomLogits(seed: number, size: number): () => Float32Array {
  const random = createSeededRandom(seed);
  return () => {
    const start = Math.floor(random() * (noise.length - size));
    return noise.slice(start, start + size);
  };
}

/** An answer made without a graph. */
export interface MadeAnswer {
  readonly ids: readonly number[];
  readonly isFinished: boolean;
  readonly cutShort: boolean;
  /** Tokens that a step of the model chose. */
  readonly chosen: number;
}

/**
 * What the decode loop does, with scores from elsewhere.
 *
 * @param logits the scores behind the tokens so far, [vocabSize]
 */
export async function makeAnswer(
  constraint: TokenConstraint,
  config: ResolvedGenerationConfig,
  logits: (ids: readonly number[]) => Float32Array,
): Promise<MadeAnswer> {
  const mask = (scores: Float32Array): void => constraint.mask(scores);
  const sampler = createSampler(config, { eosTokenIds: config.stopTokenIds, promptIds: [], mask });
  const ids: number[] = [];
  let chosen = 0;
  while (ids.length < config.maxNewTokens) {
    await constraint.prepare();
    if (constraint.finished) break;
    const forced = constraint.forced();
    if (forced.length === 0) chosen++;
    const next = forced.length > 0 ? forced : [sampler.next(logits(ids))];
    for (const id of next.slice(0, config.maxNewTokens - ids.length)) {
      ids.push(id);
      sampler.accept(id);
      constraint.accept(id);
    }
  }
  await constraint.prepare();
  const { finished, cutShort } = constraint;
  constraint.dispose();
  return { ids, isFinished: finished, cutShort, chosen };
}
