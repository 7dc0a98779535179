import { describe, expect, test } from "vitest";
import type { DecoderShape } from "../families/model-family.ts";
import { PromptCache } from "./prompt-cache.ts";
import type { SequenceState } from "./sequence-state.ts";

const shape: DecoderShape = {
  layers: 1,
  kvWidth: 2,
  hiddenSize: 4,
  inputWidth: 4,
  heads: 1,
  vocabSize: 9,
  contextLength: 4096,
};
const count = (length: number, from = 1): number[] => Array.from({ length }, (_, index) => from + index);

/** Appends one row [key, key] a token to the only layer, as a decoder would. */
function see(state: SequenceState, keys: readonly number[]): void {
  const rows = Float32Array.from(keys.flatMap((key) => [key, key]));
  state.append({ "present.0.key": rows, "present.0.value": rows }, keys.length);
}

function seen(state: SequenceState): number[] {
  const { data } = state.feeds()["past.0.key"]!;
  return Array.from(data as Float32Array).filter((_, index) => index % 2 === 0);
}

describe("PromptCache", () => {
  test("a continued prompt gets the whole cache, computed rows included", () => {
    const prompts = new PromptCache(shape, 1e6);
    const first = prompts.take(count(10));
    expect(first.reused).toBe(0);
    see(first.state, count(12));
    prompts.keep(count(13), first.state);
    const next = prompts.take(count(20));
    expect(next.reused).toBe(12);
    expect(next.state).toBe(first.state);
  });

  test("a shared beginning is copied, and the longer entry stays", () => {
    const prompts = new PromptCache(shape, 1e6);
    const { state } = prompts.take(count(30));
    see(state, count(30));
    prompts.keep(count(30), state);
    const other = prompts.take([...count(20), ...count(5, 100)]);
    expect(other.reused).toBe(20);
    expect(seen(other.state)).toEqual(count(20));
    see(other.state, [100]);
    expect(seen(state)).toEqual(count(30));
    expect(prompts.take(count(31)).reused).toBe(30);
  });

  test("the last token of an equal prompt is computed again, for its scores", () => {
    const prompts = new PromptCache(shape, 1e6);
    const { state } = prompts.take(count(16));
    see(state, count(16));
    prompts.keep(count(16), state);
    expect(prompts.take(count(16)).reused).toBe(15);
  });

  test("of two that begin alike the longer one is enough", () => {
    const bytes = 256 * 2 * 4 * 2; // what one cache of a few tokens holds
    const prompts = new PromptCache(shape, 2 * bytes);
    for (const length of [20, 30, 25, 12]) {
      const { state } = new PromptCache(shape, 0).take(count(length));
      see(state, count(length));
      prompts.keep(count(length), state);
    }
    const { state } = prompts.take(count(20, 500));
    see(state, count(20, 500));
    prompts.keep(count(20, 500), state);
    expect(prompts.take(count(40)).reused).toBe(30);
    expect(prompts.take(count(40, 500)).reused).toBe(20);
  });

  test("pictures of other content are not mixed up", () => {
    const prompts = new PromptCache(shape, 1e6);
    const withPicture = (key: number): number[] => [...count(10), ...Array(20).fill(key), ...count(5, 50)];
    const { state } = prompts.take(withPicture(-1));
    see(state, withPicture(-1));
    prompts.keep(withPicture(-1), state);
    expect(prompts.take(withPicture(-2)).reused).toBe(10);
    expect(prompts.take(withPicture(-1)).reused).toBe(34);
  });

  test("a few common tokens are not worth a copy", () => {
    const prompts = new PromptCache(shape, 1e6);
    const { state } = prompts.take(count(16));
    see(state, count(16));
    prompts.keep(count(16), state);
    expect(prompts.take([...count(7), 99, 98]).reused).toBe(0);
  });

  test("the bound drops the least recently used, and 0 keeps nothing", () => {
    const small = new PromptCache(shape, 2 * 256 * 2 * 2 * 4);
    for (const start of [1, 1000, 2000]) {
      const { state } = small.take(count(20, start));
      see(state, count(20, start));
      small.keep(count(20, start), state);
    }
    expect(small.take(count(21, 1)).reused).toBe(0);
    expect(small.take(count(21, 1000)).reused).toBe(20);
    const none = new PromptCache(shape, 0);
    const { state } = none.take(count(20));
    see(state, count(20));
    none.keep(count(20), state);
    expect(none.take(count(21)).reused).toBe(0);
  });

  test("recurrent states are found again where prompts were said to part, and given up when memory is short", () => {
    const hybrid = { ...shape, recurrentStates: [{ name: "linear.0.memory", dims: [1, 1024] }] };
    const rows = 2 * 256 * 2 * 4;
    for (const [states, expected] of [
      [4, [10, 20, 30, 36]],
      [3, [10, 20, 30, 30]],
      [2, [0, 20, 30, 30]],
      [1, [0, 0, 30, 30]],
    ] as const) {
      for (const [index, length] of [15, 25, 33, 40].entries()) {
        const prompts = new PromptCache(hybrid, rows + states * 4096);
        const { state } = prompts.take(count(36), [3, 10, 20, 30]);
        for (const end of [10, 20, 30, 36]) {
          const keys = count(end - state.length, state.length + 1);
          const row = Float32Array.from(keys.flatMap((key) => [key, key]));
          const memory = { "present.linear.0.memory": new Float32Array(1024).fill(end) };
          state.append({ "present.0.key": row, "present.0.value": row, ...memory }, keys.length);
        }
        prompts.keep(count(36), state);
        const next = prompts.take([...count(length), ...count(9, 500)]);
        expect([states, length, next.reused]).toEqual([states, length, expected[index]]);
        const past = next.state.feeds()["past.linear.0.memory"]!.data;
        expect(Number(past[7])).toBe(next.reused);
      }
    }
    const none = new PromptCache(hybrid, 0);
    expect(none.take(count(36), [10]).state.nextStop).toBe(Infinity);
  });
});
