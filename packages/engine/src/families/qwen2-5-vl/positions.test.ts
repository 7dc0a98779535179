import { expect, test } from "vitest";
import { fixturesFolder } from "../../golden/scratch-checkpoint.ts";
import { goldenConfig } from "../../golden/stored-shapes.ts";
import type { PlacedVisual } from "../model-family.ts";
import { promptPositions, textRotary } from "./positions.ts";

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

test("each frequency turns with the axis of its section", () => {
  const { text } = goldenConfig(`${fixturesFolder}checkpoints/qwen2_5_vl`);
  const { cos, sin } = textRotary(text)(Int32Array.of(1, 5, 2, 6, 3, 7));
  const angle = (row: number, column: number): number => {
    // sections 2, 3, 3 of time, height and width
    const axis = column < 2 ? 0 : column < 5 ? 1 : 2;
    const position = [
      [1, 2, 3],
      [5, 6, 7],
    ][row]![axis]!;
    return position * text.ropeTheta ** (-(2 * column) / text.headDim);
  };
  for (let row = 0; row < 2; row++) {
    for (let column = 0; column < 8; column++) {
      expect(cos[row * 8 + column]).toBeCloseTo(Math.cos(angle(row, column)), 5);
      expect(sin[row * 8 + column]).toBeCloseTo(Math.sin(angle(row, column)), 5);
    }
  }
});
