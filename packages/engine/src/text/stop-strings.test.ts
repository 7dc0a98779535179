import { InvalidArgumentError } from "@ocellus/core";
import { expect, test } from "vitest";
import { createStopStrings } from "./stop-strings.ts";

function run(stops: string[], pieces: string[]): { text: string; match: string | undefined } {
  const filter = createStopStrings(stops);
  const text = pieces.map((piece) => filter.push(piece)).join("") + filter.flush();
  return { text, match: filter.match };
}

test("cuts at the first complete stop string, however the text is split", () => {
  const cases: [string[], string, string, string | undefined][] = [
    [["STOP"], "one STOP two STOP", "one ", "STOP"],
    [["\n\n", "###"], "a\n\nb###", "a", "\n\n"],
    [["aab"], "aaab", "a", "aab"],
    [["abcd", "bc"], "xabcd", "xa", "bc"],
    [["bc", "abc"], "xabc", "x", "abc"],
    [["<|x|>"], "ends with <|x", "ends with <|x", undefined],
    [[], "anything", "anything", undefined],
    [["图"], "a图b", "a", "图"],
  ];
  for (const [stops, text, expected, match] of cases) {
    expect(run(stops, [text])).toEqual({ text: expected, match });
    expect(run(stops, [...text])).toEqual({ text: expected, match });
    for (let at = 0; at <= text.length; at++) {
      expect(run(stops, [text.slice(0, at), text.slice(at)])).toEqual({ text: expected, match });
    }
  }
});

test("shows text at once unless it may begin a stop string", () => {
  const filter = createStopStrings(["END"]);
  expect(filter.push("hello E")).toBe("hello ");
  expect(filter.push("N")).toBe("");
  expect(filter.push("x")).toBe("ENx");
  expect(filter.stopped).toBe(false);
  expect(filter.push("END more")).toBe("");
  expect(filter.stopped).toBe(true);
  expect(filter.push("later")).toBe("");
  expect(filter.flush()).toBe("");
});

test("an empty stop string is a mistake", () => {
  expect(() => createStopStrings(["a", ""])).toThrow(InvalidArgumentError);
});
