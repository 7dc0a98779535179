import { expect, test } from "vitest";
import { createTokenBorders } from "./token-borders.ts";

const texts = ['{"', "vqa", '":', '{"a":"', "]", "]]", ']]},{"', "x", null];
const borders = createTokenBorders(texts.map((text) => (text === null ? null : new TextEncoder().encode(text))));
const ids = (...wanted: string[]): number[] => wanted.map((text) => texts.indexOf(text));

test("text whose end no token reaches over is settled", () => {
  expect(borders.settled(ids('{"', "vqa", '":'))).toEqual(ids('{"', "vqa", '":'));
  expect(borders.settled([])).toEqual([]);
});

test("the end is left to the model where a longer token begins with it", () => {
  expect(borders.settled(ids("vqa", "]"))).toEqual(ids("vqa"));
  expect(borders.settled(ids("vqa", "]", "]"))).toEqual(ids("vqa"));
  expect(borders.settled(ids("]"))).toEqual([]);
});

test("a token that only shares a beginning does not matter", () => {
  expect(borders.settled(ids("]", "x"))).toEqual(ids("]", "x"));
  expect(borders.settled(ids("x", "]]", "x"))).toEqual(ids("x", "]]", "x"));
});
