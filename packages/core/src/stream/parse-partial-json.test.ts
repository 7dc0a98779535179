import { describe, expect, test } from "vitest";
import { parsePartialJson } from "./parse-partial-json.ts";

const whole = '{"a":"x\\n\\u00e9\\ud83d\\ude00y","b":[1,-2.5e3,true,null,{"c":[]}],"__proto__":{"d":"e"}} and more';

test("a whole value is what JSON.parse reads", () => {
  expect(parsePartialJson(whole)?.value).toEqual(JSON.parse(whole.slice(0, whole.lastIndexOf("}") + 1)));
});

test("every beginning can be read, and nothing that was read is taken back", () => {
  let previous = "";
  for (let length = 1; length <= whole.length; length++) {
    const read = parsePartialJson(whole.slice(0, length));
    expect(read, whole.slice(0, length)).not.toBeNull();
    const texts = JSON.stringify(read!.value).replace(/["}\]]+$/, "");
    expect(texts.startsWith(previous) || previous.startsWith(texts), `${previous} → ${texts}`).toBe(true);
    previous = texts;
  }
});

describe("beginnings", () => {
  test.each([
    ["{", {}],
    ['{"a', {}],
    ['{"a"', {}],
    ['{"a":', {}],
    ['{"a":"', { a: "" }],
    ['{"a":"b\\', { a: "b" }],
    ['{"a":"b\\u00', { a: "b" }],
    ['{"a":"b\\ud83d', { a: "b" }],
    ['{"a":"b\\ud83d\\u', { a: "b" }],
    ['{"a":"b"', { a: "b" }],
    ['{"a":"b",', { a: "b" }],
    ['{"a":12', {}],
    ['{"a":12,', { a: 12 }],
    ['{"a":tru', {}],
    ['{"a":true}', { a: true }],
    ["[[1,2", [[1]]],
    ["[[1,2]", [[1, 2]]],
    [' \n{"a":[', { a: [] }],
  ])("%j", (text, value) => {
    expect(parsePartialJson(text)).toEqual({ value });
  });

  test.each(["", " ", "text", '"a"', "12", "[note]", "{a", '{"a" 1', '{"a":01,', '{"a":"\\x', '{"a":"\n', '{"a":1;'])(
    "%j is none",
    (text) => {
      expect(parsePartialJson(text)).toBeNull();
    },
  );

  test("deep nesting does not overflow the stack", () => {
    expect(parsePartialJson("[".repeat(100_000))).toBeNull();
  });
});
