import { expect, test } from "vitest";
import { PromptLookup } from "./prompt-lookup.ts";

const prompt = Array.from({ length: 60 }, (_, place) => 100 + place);

test("what followed the same tokens is proposed, the more the more often it came true", () => {
  const lookup = new PromptLookup(prompt);
  const answer = [1, 103];
  expect(lookup.propose(answer, 7), "nothing is alike").toEqual([]);
  answer.push(104);
  expect(lookup.propose(answer, 7), "every second comes true").toEqual([105]);
  const counts: number[] = [];
  for (let place = 105; place < 150; ) {
    const proposed = lookup.propose(answer, 7);
    expect(proposed).toEqual(prompt.slice(place - 100, place - 100 + proposed.length));
    counts.push(proposed.length);
    lookup.learn(proposed.length, proposed.length);
    answer.push(...proposed, place + proposed.length);
    place += proposed.length + 1;
  }
  expect(counts.at(-1)).toBe(7);
});

test("the longest match counts, then the latest", () => {
  const lookup = new PromptLookup([1, 2, 3, 4, 5, 6, 10, 0, 4, 5, 6, 11, 0, 4, 5, 6, 12, 13]);
  expect(lookup.propose([9, 4, 5, 6], 1)).toEqual([12]);
  expect(lookup.propose([9, 4, 5, 6, 1, 2, 3, 4, 5, 6], 1)).toEqual([10]);
});

test("what repeats itself goes on repeating; what is no text is not proposed", () => {
  const lookup = new PromptLookup([8, 8]);
  expect(lookup.propose([1, 2, 1], 9)).toEqual([]);
  expect(lookup.propose([1, 2, 1, 2], 9)).toEqual([1]);
  for (let run = 0; run < 2000; run++) lookup.learn(7, 7);
  expect(lookup.propose([1, 2, 1, 2, 1], 7)).toEqual([2, 1, 2, 1, 2, 1, 2]);
  expect(new PromptLookup([1, 2, 3, 4, -1, -1, 5]).propose([1, 2, 3], 9)).toEqual([4]);
  expect(new PromptLookup([1, 2, 3, -1, -1, 5]).propose([1, 2, 3], 9)).toEqual([]);
});

test("guesses that never come true become rare, and are tried again", () => {
  const lookup = new PromptLookup(prompt);
  const answer: number[] = [];
  const guesses: number[] = [];
  for (let step = 0; step < 400; step++) {
    answer.push(101, 102);
    const { length } = lookup.propose(answer, 7);
    if (length > 0) lookup.learn(length, 0);
    guesses.push(length);
  }
  const late = guesses.slice(200).reduce((sum, count) => sum + count, 0);
  expect(late).toBeGreaterThan(0);
  expect(late).toBeLessThan(30);
});
