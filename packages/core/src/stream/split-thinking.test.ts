import { expect, test } from "vitest";
import { createThinkingSplitter } from "./split-thinking.ts";

/** Joins neighbouring events of a type, as `type:text`. */
function split(deltas: readonly string[]): readonly string[] {
  const splitter = createThinkingSplitter();
  const joined: { type: string; text: string }[] = [];
  for (const { type, text } of [...deltas.flatMap((delta) => splitter.push(delta)), ...splitter.end()]) {
    expect(text).not.toBe("");
    const last = joined.at(-1);
    if (last?.type === type) last.text += text;
    else joined.push({ type, text });
  }
  return joined.map(({ type, text }) => `${type === "text-delta" ? "text" : "thinking"}:${text}`);
}

const text = "Hm <think>a <b> < c</think>\n<answer>x < y</answer> end<";
const expected = ["text:Hm ", "thinking:a <b> < c", "text:\nx < y end<"];

test("whole", () => {
  expect(split([text])).toEqual(expected);
});

test("one character at a time", () => {
  expect(split([...text])).toEqual(expected);
});

test("cut at every place", () => {
  for (let at = 0; at <= text.length; at++) expect(split([text.slice(0, at), text.slice(at)])).toEqual(expected);
});

test("text is not held back longer than a tag can begin", () => {
  const splitter = createThinkingSplitter();
  expect(splitter.push("a<")).toEqual([{ type: "text-delta", text: "a" }]);
  expect(splitter.push("ans")).toEqual([]);
  expect(splitter.push("!")).toEqual([{ type: "text-delta", text: "<ans!" }]);
});
