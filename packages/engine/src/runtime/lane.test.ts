import { expect, test } from "vitest";
import { tokensPerStep } from "./lane.ts";

test("forced text goes in one run, unless most of the batch would only be padded for it", () => {
  expect(tokensPerStep([1])).toBe(1);
  expect(tokensPerStep([9])).toBe(9);
  expect(tokensPerStep([1, 1, 1])).toBe(1);
  expect(tokensPerStep([8, 7, 8, 6])).toBe(6);
  expect(tokensPerStep([1, 1, 1, 1, 1, 1, 12])).toBe(1);
  expect(tokensPerStep([1, 8])).toBe(8);
});
