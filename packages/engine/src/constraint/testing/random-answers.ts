import { readFileSync } from "node:fs";
import type { ResolvedGenerationConfig } from "@ocellus/core";
import { createSampler } from "../../runtime/sampler/sampler.ts";
import { createTokenizer, type Tokenizer } from "../../text/tokenizer.ts";
import type { TokenConstraint } from "../token-constraint.ts";

/** A tokenizer of fixtures/tokenizers: byte-level (qwen2_5_vl, qwen3_5) or SentencePiece with byte tokens (llava_next, gemma3). */
export function readTokenizer(name: string): Tokenizer {
  const folder = new URL(`../../../../../fixtures/tokenizers/${name}/`, import.meta.url);
  const read = (file: string) => JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  return createTokenizer(read("tokenizer.json"), read("tokenizer_config.json"));
}

/** The settings that random weights are sampled with. */
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

/** A finished or cut-off answer of random weights. */
export interface RandomAnswer {
  readonly ids: readonly number[];
  readonly isFinished: boolean;
  readonly cutShort: boolean;
  /** Steps in which the model would have run. */
  readonly steps: number;
}

/**
 * Decodes with a model whose scores are random: what the decode loop does, without a graph.
 *
 * @param logits the scores behind the tokens so far, [vocabSize]
 */
export async function decodeRandomly(
  constraint: TokenConstraint,
  config: ResolvedGenerationConfig,
  logits: (ids: readonly number[]) => Float32Array,
): Promise<RandomAnswer> {
  const sampler = createSampler(config, {
    eosTokenIds: config.stopTokenIds,
    promptIds: [],
    mask: (scores) => constraint.mask(scores),
  });
  const ids: number[] = [];
  let steps = 0;
  while (ids.length < config.maxNewTokens) {
    await constraint.prepare();
    if (constraint.finished) break;
    const forced = constraint.forced();
    const next = forced.length > 0 ? forced : [sampler.next(logits(ids))];
    if (forced.length === 0) steps++;
    for (const id of next.slice(0, config.maxNewTokens - ids.length)) {
      ids.push(id);
      sampler.accept(id);
      constraint.accept(id);
    }
  }
  return { ids, isFinished: constraint.finished, cutShort: constraint.cutShort, steps };
}
