import { expect, test } from "vitest";
import type { FamilyModel } from "../families/model-family.ts";
import { attentionMask } from "./attention-mask.ts";
import { Decoder } from "./decoder.ts";
import type { Feeds } from "./host-tensor.ts";

/** One line a token: what it sees is 1. */
function seen(tokens: number, past: number, rules: Parameters<typeof attentionMask>[2]): string[] {
  const mask = attentionMask(tokens, past, rules);
  const lines = Array.from({ length: tokens }, (_, row) =>
    mask.slice(row * (past + tokens), (row + 1) * (past + tokens)),
  );
  return lines.map((line) => [...line].map((score) => (score === 0 ? 1 : 0)).join(""));
}

test("each token sees itself and what came before", () => {
  expect(seen(3, 0, {})).toEqual(["100", "110", "111"]);
  expect(seen(2, 2, {})).toEqual(["1110", "1111"]);
});

test("a window hides what is further back", () => {
  expect(seen(4, 1, { window: 2 })).toEqual(["11000", "01100", "00110", "00011"]);
});

test("a joined run sees all of itself, as far as the window reaches back", () => {
  const joined = [{ start: 1, length: 3 }];
  expect(seen(5, 0, { joined })).toEqual(["10000", "11110", "11110", "11110", "11111"]);
  expect(seen(5, 0, { joined, window: 2 })).toEqual(["10000", "11110", "01110", "00110", "00011"]);
});

test("a chunk never ends within a joined run, and layers with a window have a mask of their own", async () => {
  const runs: Feeds[] = [];
  const decoder = { layers: 0, hiddenSize: 1, inputWidth: 1, kvWidth: 1, vocabSize: 1, contextLength: 4096, heads: 1 };
  const model = {
    decoder: { ...decoder, slidingWindow: 8 },
    rotaryTable: (positions: Int32Array) => ({
      cos: new Float32Array(positions.length),
      sin: new Float32Array(positions.length),
    }),
  } as unknown as FamilyModel;
  const session = {
    run: async (feeds: Feeds) => {
      runs.push(feeds);
      return { logits: new Float32Array(1) };
    },
    release: async () => undefined,
  };
  const state = new Decoder({ decoder: session as never }, model);
  const append = (tokens: number, joined: readonly { start: number; length: number }[]) =>
    state.append(new Float32Array(tokens), new Int32Array(tokens), async () => undefined, joined);
  await append(600, [{ start: 500, length: 40 }]);
  expect(runs.map(({ mask }) => mask!.dims)).toEqual([
    [1, 1, 540, 540],
    [1, 1, 60, 600],
  ]);
  await append(1, []);
  const { mask, sliding_mask: sliding } = runs.at(-1)!;
  const visible = (data: ArrayLike<number | bigint>): number => Array.from(data).filter((score) => score === 0).length;
  expect([visible(mask!.data as Float32Array), visible(sliding!.data as Float32Array)]).toEqual([601, 8]);
});
