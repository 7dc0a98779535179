import { expect, test } from "vitest";
import { PromptLookup } from "./prompt-lookup.ts";

const prompt = [1, 2, 3, 4, 5, 6, 7, 8, 9, 20, 21, 22, 23, 24];

test("what followed the same tokens is proposed, longer as it comes true", () => {
  const lookup = new PromptLookup(prompt);
  const answer = [50, 3];
  expect(lookup.propose(answer, 7), "nothing is alike").toEqual([]);
  answer.push(4, 5);
  expect(lookup.propose(answer, 2)).toEqual([6, 7]);
  expect(lookup.propose(answer, 7)).toEqual([6, 7, 8]);
  lookup.learn(3, 3);
  answer.push(6, 7, 8, 9);
  expect(lookup.propose(answer, 7)).toEqual([20, 21, 22, 23, 24, 50]);
  lookup.learn(6, 1);
  answer.push(20, 50);
  expect(lookup.propose(answer, 7)).toEqual([]);
});

test("the longest match counts, then the latest", () => {
  const lookup = new PromptLookup([1, 2, 3, 4, 5, 6, 10, 0, 4, 5, 6, 11, 0, 4, 5, 6, 12, 13]);
  expect(lookup.propose([9, 4, 5, 6], 1)).toEqual([12]);
  expect(lookup.propose([9, 4, 5, 6, 1, 2, 3, 4, 5, 6], 1)).toEqual([10]);
});

test("what repeats itself goes on repeating; what is no text is not proposed", () => {
  expect(new PromptLookup([8, 8]).propose([1, 2, 1, 2, 1], 9)).toEqual([2, 1, 2]);
  expect(new PromptLookup([1, 2, 3, 4, -1, -1, 5]).propose([1, 2, 3], 9)).toEqual([4]);
  expect(new PromptLookup([1, 2, 3, -1, -1, 5]).propose([1, 2, 3], 9)).toEqual([]);
});

test("guesses that never come true become rare", () => {
  const lookup = new PromptLookup(prompt);
  const answer: number[] = [];
  let wasted = 0;
  for (let step = 0; step < 300; step++) {
    answer.push(1, 2, 3);
    const { length } = lookup.propose(answer, 7);
    if (length > 0) lookup.learn(length, 0);
    wasted += length;
  }
  expect(wasted).toBeGreaterThan(0);
  expect(wasted).toBeLessThan(45);
});
