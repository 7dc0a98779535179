import { describe, expect, test } from "vitest";
import { SequenceState } from "./sequence-state.ts";

const shape = { layers: 1, kvWidth: 1, hiddenSize: 4, inputWidth: 4, heads: 1, vocabSize: 9, contextLength: 4096 };
const recurrent = { ...shape, recurrentStates: [{ name: "linear.0.memory", dims: [1, 2] }] };

/** Runs tokens one by one; the recurrent state counts them. */
function see(state: SequenceState, tokens: number): void {
  for (let token = 0; token < tokens; token++) {
    const { data } = state.feeds()["past.linear.0.memory"] ?? { data: [0, 0] };
    const row = Float32Array.of(state.length);
    const memory = Float32Array.of(Number(data[0]) + 1, state.length);
    state.append({ "present.0.key": row, "present.0.value": row, "present.linear.0.memory": memory }, 1);
  }
}

const counted = (state: SequenceState): number => Number(state.feeds()["past.linear.0.memory"]!.data[0]);

describe("SequenceState", () => {
  test("keys and values alone can be shared up to any token, and nothing stops a run", () => {
    const state = new SequenceState(shape);
    state.rememberAt([3, 5]);
    expect(state.nextStop).toBe(Infinity);
    see(state, 9);
    expect([state.reusable(4), state.reusable(9), state.reusable(20)]).toEqual([4, 9, 9]);
    expect(Array.from(state.fork(4).feeds()["past.0.key"]!.data as Float32Array)).toEqual([0, 1, 2, 3]);
  });

  test("recurrent states begin with zeros and follow the tokens", () => {
    const state = new SequenceState(recurrent);
    expect(state.feeds()["past.linear.0.memory"]).toEqual({ type: "float32", dims: [1, 2], data: new Float32Array(2) });
    see(state, 7);
    expect(counted(state)).toBe(7);
  });

  test("recurrent states are shared only where they were remembered, or at the end", () => {
    const state = new SequenceState(recurrent);
    state.rememberAt([3, 5]);
    expect(state.nextStop).toBe(3);
    see(state, 3);
    expect(state.nextStop).toBe(5);
    see(state, 6);
    expect(state.nextStop).toBe(Infinity);
    expect([2, 3, 4, 5, 8, 9, 12].map((tokens) => state.reusable(tokens))).toEqual([0, 3, 3, 5, 5, 9, 9]);
    const fork = state.fork(5);
    see(fork, 1);
    expect([counted(fork), fork.length, counted(state), state.length]).toEqual([6, 6, 9, 9]);
    expect([fork.reusable(4), fork.reusable(5)]).toEqual([3, 5]);
    expect(counted(state.fork(9))).toBe(9);
    expect(counted(state.fork(0))).toBe(0);
  });

  test("only the last remembered states are kept, and each counts as memory and can be given up", () => {
    const state = new SequenceState(recurrent);
    const one = state.byteLength;
    state.rememberAt([1, 2, 4, 6]);
    see(state, 7);
    const states = () => (state.byteLength - 2 * 4 * 256) / one;
    expect([1, 3, 5, 6].map((tokens) => state.reusable(tokens))).toEqual([0, 2, 4, 6]);
    expect(states()).toBe(4);
    expect(state.shed()).toBe(true);
    expect([state.length, counted(state), states()]).toEqual([6, 6, 3]);
    expect(state.shed()).toBe(true);
    expect([state.reusable(3), state.reusable(5), states()]).toEqual([0, 4, 2]);
    see(state, 2);
    expect(counted(state)).toBe(8);
    expect([state.shed(), state.shed(), state.shed(), state.shed()]).toEqual([true, true, true, false]);
    expect([state.length, states()]).toEqual([6, 1]);
    expect(new SequenceState(shape).shed()).toBe(false);
  });
});
