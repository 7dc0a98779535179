import { expect, test } from "vitest";
import { nearestName, suggestName } from "./nearest-name.ts";

const known = ["maxNewTokens", "topP", "topK", "temperature", "seed"];

test.each([
  ["max_new_tokens", "maxNewTokens"],
  ["MAX-NEW-TOKENS", "maxNewTokens"],
  ["maxNewTokesn", "maxNewTokens"],
  ["temprature", "temperature"],
  ["tpoK", "topK"],
  ["top_p", "topP"],
  ["sed", "seed"],
  ["newTokens", "maxNewTokens"],
  ["top", "topP"],
  ["max", null],
  ["logitsProcessor", null],
  ["", null],
  ["x".repeat(10_000), null],
])("%j is near to %j", (name, nearest) => {
  expect(nearestName(name, known)).toBe(nearest);
});

test("the hint lists the names when none is near", () => {
  expect(suggestName("colour", ["a", "b"])).toBe("Known: a, b.");
  expect(suggestName("Seed", known)).toBe('Did you mean "seed"?');
});
