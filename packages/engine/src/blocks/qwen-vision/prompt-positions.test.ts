import { expect, test } from "vitest";
import type { PlacedVisual } from "../../families/model-family.ts";
import { promptPositions } from "./prompt-positions.ts";

const visual = (start: number, t: number, h: number, w: number, timeStep = 0): PlacedVisual => ({
  ...{ spans: [{ start, length: (t * h * w) / 4 }], tokens: (t * h * w) / 4, grid: { t, h, w }, timeStep },
  ...{ feeds: [], placeholder: 9, resized: { width: 14 * w, height: 14 * h } },
});

const axes = (ids: Int32Array): number[][] =>
  [0, 1, 2].map((axis) => [...ids.subarray((axis * ids.length) / 3, ((axis + 1) * ids.length) / 3)]);

test("text alone counts up on all three axes", () => {
  const { ids, next } = promptPositions(4, [], 2);
  expect(axes(ids)).toEqual(Array(3).fill([0, 1, 2, 3]));
  expect(next).toBe(4);
});

test("a picture spans its rows and columns, and the text goes on behind the longer side", () => {
  // Two text tokens, a merged grid of 2 rows and 3 columns, two text tokens.
  const { ids, next } = promptPositions(10, [visual(2, 1, 4, 6)], 2);
  expect(axes(ids)).toEqual([
    [0, 1, 2, 2, 2, 2, 2, 2, 5, 6],
    [0, 1, 2, 2, 2, 3, 3, 3, 5, 6],
    [0, 1, 2, 3, 4, 2, 3, 4, 5, 6],
  ]);
  expect(next).toBe(7);
});

test("a clip steps in time, rounded down; what follows ignores its length in time", () => {
  const { ids, next } = promptPositions(9, [visual(0, 4, 2, 4, 1.5)], 2);
  expect(axes(ids)).toEqual([
    [0, 0, 1, 1, 3, 3, 4, 4, 2],
    [0, 0, 0, 0, 0, 0, 0, 0, 2],
    [0, 1, 0, 1, 0, 1, 0, 1, 2],
  ]);
  expect(next).toBe(3);
});

test("several pictures, the first at the very start and two side by side", () => {
  const { ids, next } = promptPositions(4, [visual(0, 1, 2, 2), visual(1, 1, 2, 4)], 2);
  expect(axes(ids)).toEqual([
    [0, 1, 1, 3],
    [0, 1, 1, 3],
    [0, 1, 2, 3],
  ]);
  expect(next).toBe(4);
});
