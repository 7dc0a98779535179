import { expect, test } from "vitest";
import { numberInWords } from "./number-in-words.ts";
import { clipPrompt } from "./visual-prompt.ts";

test.each([
  [6, "six"],
  [21, "twenty-one"],
  [64, "sixty-four"],
  [100, "one hundred"],
  [342, "three hundred and forty-two"],
  [1007, "one thousand and seven"],
  [1100, "one thousand, one hundred"],
])("%i is %s", (value, words) => {
  expect(numberInWords(value)).toBe(words);
});

test("a long video counts minutes beyond the hour, its length in hours", () => {
  const timing = { sampledFps: 1, sourceFps: 1, indices: [0, 3661], frameCount: 90_061 };
  const { text, spans } = clipPrompt(timing, 4);
  expect(text).toContain("two frames from a 1 day, 1:01:01 [H:MM:SS] video.\n\nFrame from 00:00:");
  expect(text).toContain("\nFrame from 61:01:");
  expect(spans).toEqual([4, 4]);
});
