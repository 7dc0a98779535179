import { expect, test } from "vitest";
import type { PreparedVisual } from "../families/model-family.ts";
import { placeVisuals as place } from "./place-visuals.ts";

/** Every character is a token. */
const encode = (text: string): number[] => [...text].map((character) => character.codePointAt(0)!);
const placeVisuals = (ids: number[], placeholders: number[], visuals: PreparedVisual[]) =>
  place(ids, placeholders, visuals, encode);

const image = 9;
const clip = 8;
const visual = (tokens: number, placeholder = image): PreparedVisual => ({
  ...{
    placeholder,
    feeds: [],
    tokens,
    resized: { width: 28, height: 28 },
    grid: { t: 1, h: 2, w: 2 * tokens },
    timeStep: 0,
  },
});

test("each placeholder is repeated for the rows of its visual, in order", () => {
  const { ids, visuals } = placeVisuals(
    [1, image, 2, image, image, 3],
    [image, clip],
    [visual(3), visual(1), visual(2)],
  );
  expect(ids).toEqual([1, image, image, image, 2, image, image, image, 3]);
  expect(visuals.map(({ spans }) => [spans[0]!.start, spans[0]!.length])).toEqual([
    [1, 3],
    [5, 1],
    [6, 2],
  ]);
});

test("a prompt without visuals stays as it is", () => {
  expect(placeVisuals([1, 2, 3], [image], [])).toEqual({ ids: [1, 2, 3], visuals: [] });
});

test.each([
  [[1, 2], 1, 0],
  [[image, image], 1, 2],
  [[image], 0, 1],
])("prompt %j with %i pictures is refused with both numbers", (ids, pictures, found) => {
  const visuals = Array.from({ length: pictures }, () => visual(1));
  expect(() => placeVisuals(ids, [image, clip], visuals)).toThrow(
    new RegExp(`has ${found} placeholders \\(tokens .*\\) for ${pictures} pictures and clips`),
  );
});

test("pictures and clips keep the order of the prompt", () => {
  const { ids, visuals } = placeVisuals([clip, 1, image], [image, clip], [visual(2, clip), visual(1)]);
  expect(ids).toEqual([clip, clip, 1, image]);
  expect(visuals.map(({ spans, placeholder }) => [spans[0]!.start, placeholder])).toEqual([
    [0, clip],
    [3, image],
  ]);
  expect(() => placeVisuals([image, clip], [image, clip], [visual(2, clip), visual(1)])).toThrow("tokens 9, 8");
});

test("a visual with a prompt of its own takes as many placeholders as that has spans", () => {
  const tiled = { ...visual(5), prompt: { mark: "<image>", text: "<image>\n<image>", spans: [2, 3] } };
  const { ids, visuals } = placeVisuals([1, image, 7, image, 2, image], [image, clip], [tiled, visual(1)]);
  expect(ids).toEqual([1, image, image, 7, image, image, image, 2, image]);
  expect(visuals.map(({ spans }) => spans)).toEqual([
    [
      { start: 1, length: 2 },
      { start: 4, length: 3 },
    ],
    [{ start: 8, length: 1 }],
  ]);
  expect(() => placeVisuals([image], [image], [tiled])).toThrow("has 1 placeholders");
});

test("tokens that close a visual stand behind the rows of each of its placeholders", () => {
  const tiled = { ...visual(3), prompt: { mark: "<image>", text: "<image>\n<image>\n", spans: [2, 1], closing: "\n" } };
  const { ids, visuals } = placeVisuals([image, 10, image, 10, image], [image], [tiled, visual(1)]);
  expect(ids).toEqual([image, image, 10, 10, image, 10, 10, image]);
  expect(visuals.map(({ spans }) => spans.map(({ start }) => start))).toEqual([[0, 4], [7]]);
});
