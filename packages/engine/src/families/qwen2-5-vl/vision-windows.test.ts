import { expect, test } from "vitest";
import { windowLayout } from "./vision-windows.ts";

interface ReferenceWindows {
  readonly windowIndex: readonly number[];
  /** Cumulated patches of the windows, as attention is given them. */
  readonly cumulated: readonly number[];
}

/**
 * `get_window_index` of transformers' Qwen2_5_VisionTransformerPretrainedModel, line by line, with its padding by a
 * whole window where the grid divides evenly.
 */
function referenceWindows(t: number, gridH: number, gridW: number, merge: number, window: number): ReferenceWindows {
  const h = gridH / merge;
  const w = gridW / merge;
  const windowsH = (h + window - (h % window)) / window;
  const windowsW = (w + window - (w % window)) / window;
  const windowIndex: number[] = [];
  const cumulated = [0];
  for (const [slice, top, left] of product(t, windowsH, windowsW)) {
    const cells = [...product(1, window, window)]
      .map(([, y, x]) => [top * window + y, left * window + x] as const)
      .filter(([y, x]) => y < h && x < w)
      .map(([y, x]) => (slice * h + y) * w + x);
    windowIndex.push(...cells);
    cumulated.push(cumulated.at(-1)! + cells.length * merge * merge);
  }
  // torch.unique_consecutive: the empty windows of the padding disappear.
  return { windowIndex, cumulated: cumulated.filter((end, place) => end !== cumulated[place - 1]) };
}

function* product(a: number, b: number, c: number): Generator<readonly [number, number, number]> {
  for (let i = 0; i < a; i++) for (let j = 0; j < b; j++) for (let k = 0; k < c; k++) yield [i, j, k];
}

const grids = [
  [1, 2, 2, 2, 4],
  [1, 8, 8, 2, 4],
  [1, 10, 6, 2, 4],
  [1, 2, 58, 2, 4],
  [3, 18, 22, 2, 4],
  [2, 6, 14, 2, 3],
  [1, 12, 9, 3, 2],
  [4, 4, 4, 1, 4],
  [1, 34, 26, 2, 1],
] as const;

test.each(grids)("grid %i × %i × %i, merge %i, window %i: the reference's windows", (t, h, w, merge, side) => {
  const expected = referenceWindows(t, h, w, merge, side);
  const layout = windowLayout({ t, h, w }, merge, side);
  const area = merge * merge;

  const cells = Array.from({ length: layout.order.length / area }, (_, cell) => layout.order[cell * area]! / area);
  expect(cells).toEqual(expected.windowIndex);
  expect([...layout.order]).toEqual(expected.windowIndex.flatMap((cell) => patches(cell, area)));
  // restore is the reference's argsort(window_index).
  expect([...layout.restore]).toEqual(expected.windowIndex.map((_, cell) => expected.windowIndex.indexOf(cell)));
  expect(layout.windows).toBe(expected.cumulated.length - 1);
  expect(layout.windowRows).toBe(side * side * area);
});

test.each(grids)("grid %i × %i × %i, merge %i, window %i: padding and back", (t, h, w, merge, side) => {
  const { cumulated } = referenceWindows(t, h, w, merge, side);
  const { windows, windowRows, padded, unpadded, valid } = windowLayout({ t, h, w }, merge, side);
  for (let window = 0; window < windows; window++) {
    const rows = cumulated[window + 1]! - cumulated[window]!;
    const own = Array.from({ length: rows }, (_, row) => cumulated[window]! + row);
    const start = window * windowRows;
    expect([...padded.subarray(start, start + rows)]).toEqual(own);
    expect([...valid.subarray(start, start + windowRows)]).toEqual([
      ...Array(rows).fill(1),
      ...Array(windowRows - rows).fill(0),
    ]);
  }
  expect([...unpadded].map((row) => padded[row])).toEqual([...unpadded.keys()]);
});

function patches(cell: number, area: number): number[] {
  return Array.from({ length: area }, (_, patch) => cell * area + patch);
}
