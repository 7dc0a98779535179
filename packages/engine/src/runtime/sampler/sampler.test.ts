import { readFileSync } from "node:fs";
import { GenerationError } from "@ocellus/core";
import { describe, expect, test } from "vitest";
import { createSampler, type SamplerContext } from "./sampler.ts";
import type { SamplerConfig } from "./sampler-config.ts";
import { createSeededRandom, createXoshiro128 } from "./seeded-random.ts";
import { applyTopP } from "./top-p.ts";

const greedy: SamplerConfig = {
  doSample: false,
  temperature: 1,
  topP: 1,
  minP: 0,
  topK: 0,
  repetitionPenalty: 1,
  seed: 0,
  minNewTokens: 0,
  noRepeatNgramSize: 0,
};
const nothing: SamplerContext = { eosTokenIds: [], promptIds: [] };

interface ProcessorCase {
  readonly config: Partial<SamplerConfig>;
  readonly logitsBits: number[];
  readonly promptIds: number[];
  readonly generatedIds: number[];
  readonly eosTokenIds: number[];
  readonly scoresBits: number[];
  readonly argmax: number;
}

const golden = JSON.parse(
  readFileSync(new URL("../../../../../fixtures/sampler/processors.json", import.meta.url), "utf8"),
) as { cases: ProcessorCase[] };

function floats(bits: number[]): Float32Array {
  return new Float32Array(Uint32Array.from(bits).buffer);
}

function softmax(scores: Float32Array): number[] {
  const highest = Math.max(...scores);
  const weights = Array.from(scores, (score) => Math.exp(score - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

describe("scores equal those of transformers' processors, bit by bit", () => {
  test.each(golden.cases.map((c, index) => [index, JSON.stringify(c.config), c] as const))("%i %s", (_, __, c) => {
    const warps =
      c.config.temperature !== undefined ||
      c.config.topK !== undefined ||
      c.config.topP !== undefined ||
      c.config.minP !== undefined;
    const sampler = createSampler({ ...greedy, doSample: warps, ...c.config }, c);
    for (const id of c.generatedIds) sampler.accept(id);
    const logits = floats(c.logitsBits);
    const id = sampler.next(logits);
    const expected = floats(c.scoresBits);
    // Which of equal scores top-p keeps is open in torch (an unstable sort): then only the scores are compared.
    const hasTies = new Set(floats(c.logitsBits)).size < logits.length / 2;
    const inOrder = c.config.topP === undefined || !hasTies;
    expect(Array.from(inOrder ? logits : logits.toSorted())).toEqual(
      Array.from(inOrder ? expected : expected.toSorted()),
    );
    if (warps) expect(logits[id]).toBeGreaterThan(Number.NEGATIVE_INFINITY);
    else expect(id).toBe(c.argmax);
  });
});

describe("greedy", () => {
  test("the first of equal scores", () => {
    expect(createSampler(greedy, nothing).next(Float32Array.of(1, 3, 3, 2))).toBe(1);
  });

  test("nothing is remembered without accept", () => {
    const sampler = createSampler({ ...greedy, repetitionPenalty: 2 }, nothing);
    expect(sampler.next(Float32Array.of(3, 2))).toBe(0);
    expect(sampler.next(Float32Array.of(3, 2))).toBe(0);
    sampler.accept(0);
    expect(sampler.next(Float32Array.of(3, 2))).toBe(1);
  });

  test("the minimum length counts accepted tokens", () => {
    const sampler = createSampler({ ...greedy, minNewTokens: 1 }, { eosTokenIds: [0], promptIds: [0, 0, 0] });
    expect(sampler.next(Float32Array.of(3, 2))).toBe(1);
    sampler.accept(1);
    expect(sampler.next(Float32Array.of(3, 2))).toBe(0);
  });

  test("the mask sees the processed scores and decides", () => {
    const seen: number[] = [];
    const mask = (logits: Float32Array): void => {
      seen.push(...logits);
      logits[0] = Number.NEGATIVE_INFINITY;
    };
    const sampler = createSampler({ ...greedy, repetitionPenalty: 2 }, { eosTokenIds: [], promptIds: [1], mask });
    expect(sampler.next(Float32Array.of(3, 2, 0))).toBe(1);
    expect(seen).toEqual([3, 1, 0]);
  });
});

describe("draws", () => {
  const sampling: SamplerConfig = { ...greedy, doSample: true, seed: 7 };
  const draw = (config: SamplerConfig, scores: number[], count: number): number[] => {
    const sampler = createSampler(config, nothing);
    return Array.from({ length: count }, () => sampler.next(Float32Array.from(scores)));
  };

  test("follow the distribution", () => {
    const scores = [0, 1, 2, -1, 0.5];
    const count = 40_000;
    const counts = new Array<number>(scores.length).fill(0);
    for (const id of draw(sampling, scores, count)) counts[id]! += 1;
    // Five standard deviations of a binomial count.
    softmax(Float32Array.from(scores)).forEach((p, id) => {
      expect(Math.abs(counts[id]! - p * count)).toBeLessThan(5 * Math.sqrt(count * p * (1 - p)));
    });
  });

  test("same seed, same tokens; another seed, others", () => {
    const scores = Array.from({ length: 50 }, (_, i) => Math.sin(i));
    expect(draw(sampling, scores, 20)).toEqual(draw(sampling, scores, 20));
    expect(draw(sampling, scores, 20)).not.toEqual(draw({ ...sampling, seed: 8 }, scores, 20));
    expect(draw({ ...sampling, seed: -1 }, scores, 20)).not.toEqual(draw({ ...sampling, seed: -1 }, scores, 20));
  });

  test("topK 1, topP 0, minP 1 and a tiny temperature are greedy", () => {
    const scores = [0.1, 0.3, 0.2];
    for (const config of [{ topK: 1 }, { topP: 0 }, { minP: 1 }, { temperature: 1e-6 }]) {
      expect(draw({ ...sampling, ...config }, scores, 30)).toEqual(new Array(30).fill(1));
    }
  });
});

test("top-p over a large vocabulary equals the plain definition", () => {
  const random = createSeededRandom(3);
  for (const [spread, topP] of [
    [1, 0.9],
    [0.01, 0.5],
    [30, 0.95],
    [200, 0.99],
  ] as const) {
    const logits = Float32Array.from({ length: 5000 }, () => random() * spread);
    const probabilities = softmax(logits);
    const ascending = probabilities.map((_, id) => id).sort((a, b) => logits[a]! - logits[b]! || b - a);
    let sum = 0;
    const removed = ascending.filter((id) => {
      sum += probabilities[id]!;
      return Math.fround(sum) <= Math.fround(1 - topP);
    });
    applyTopP(logits, topP);
    const forbidden = ascending.filter((id) => logits[id] === Number.NEGATIVE_INFINITY);
    expect(forbidden).toEqual(removed);
  }
});

test("the generator is xoshiro128**", () => {
  // Output of the authors' C code for the state { 1, 2, 3, 4 }.
  const next = createXoshiro128(Uint32Array.of(1, 2, 3, 4));
  expect(Array.from({ length: 8 }, next)).toEqual([
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849,
  ]);
});

test("seeds up to 2^53 give different numbers in [0, 1)", () => {
  const firsts = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER].map((seed) => createSeededRandom(seed)());
  expect(new Set(firsts).size).toBe(firsts.length);
  for (const first of firsts) expect(first >= 0 && first < 1).toBe(true);
});

describe("errors", () => {
  test.each([true, false])("a score that is not a number (doSample %s)", (doSample) => {
    const sampler = createSampler({ ...greedy, doSample, topK: 1, topP: 0.5 }, nothing);
    expect(() => sampler.next(Float32Array.of(1, Number.NaN, 2))).toThrow(GenerationError);
    expect(() => sampler.next(Float32Array.of(Number.NaN, 1))).toThrow(/not a number/);
  });

  test("an infinite score cannot be drawn from", () => {
    const sampler = createSampler({ ...greedy, doSample: true }, nothing);
    expect(() => sampler.next(Float32Array.of(1, Number.POSITIVE_INFINITY))).toThrow(GenerationError);
  });

  test.each([true, false])("nothing allowed (doSample %s)", (doSample) => {
    const mask = (logits: Float32Array): void => void logits.fill(Number.NEGATIVE_INFINITY);
    const sampler = createSampler({ ...greedy, doSample, topP: 0.5 }, { ...nothing, mask });
    expect(() => sampler.next(Float32Array.of(1, 2))).toThrow(/forbidden/);
  });
});
