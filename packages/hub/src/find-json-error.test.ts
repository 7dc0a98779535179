import { expect, test } from "vitest";
import { findJsonError } from "./find-json-error.ts";

test.each([
  ["", 0],
  ["  ", 2],
  ["{", 1],
  ["}", 0],
  ["[1,]", 3],
  ["[1 2]", 3],
  ['{"a":1,}', 7],
  ['{"a" 1}', 5],
  ["{a:1}", 1],
  ['{"a":tru}', 5],
  ['{"a":01}', 6],
  ['{"a":1]', 6],
  ['["a\\x"]', 1],
  ['["a\nb"]', 1],
  ['["open', 1],
  ["[1] x", 4],
  ["[NaN]", 1],
  [`${"[".repeat(100_000)}]}`, 100_001],
  [`["${"a".repeat(1_000_000)}" !`, 1_000_004],
])("the first wrong token of %.20j", (text, position) => {
  expect(() => JSON.parse(text)).toThrow(SyntaxError);
  expect(findJsonError(text)).toBe(position);
});

test.each(['{"a":[1,-2.5e+3,"\\u00e9\\n",{},[],true,false,null]}', " 0 ", '""'])("valid %j has no error", (text) => {
  JSON.parse(text);
  expect(findJsonError(text)).toBe(text.length);
});
