import { expect, test } from "vitest";
import { bicubicTaps, relativeTaps } from "./resample-taps.ts";
import { keyCells, windowPlan } from "./view-shape.ts";

// Recorded from torch 2.13: interpolate(mode="bicubic", antialias=True) of unit vectors, and interpolate(mode="linear").
const recorded: readonly (readonly [from: number, to: number, number[]])[] = [
  [
    ...([5, 3] as const),
    [0.584615, 0.446154, 0, -0.030769, 0, -0.037209, 0.246512, 0.581395, 0.246512, -0.037209, 0, -0.030769, 0].concat(
      0.446154,
      0.584615,
    ),
  ],
  [
    ...([3, 5] as const),
    [
      1.075472, -0.075472, 0, 0.649254, 0.395522, -0.044776, 0, 1, 0, -0.044776, 0.395522, 0.649254, 0, -0.075472,
    ].concat(1.075472),
  ],
  [...([2, 2] as const), [1, 0, 0, 1]],
];

test.each(recorded)("tables of %i places for %i", (from, to, expected) => {
  for (const [index, tap] of bicubicTaps(from, to).entries()) expect(tap).toBeCloseTo(expected[index]!, 5);
});

test("relative positions, stretched and as stored", () => {
  const third = 1 / 3;
  const stretched = [0, 0, 1, 0, 0, 2 * third, third, 0, 0, 0, 0, 0, 0, third, 2 * third, 0, 0, 1, 0, 0];
  for (const [index, tap] of relativeTaps(5, 2).entries()) expect(tap).toBeCloseTo(stretched[index]!, 5);
  const asStored = relativeTaps(5, 3);
  for (let pair = 0; pair < 9; pair++) {
    const entry = Math.floor(pair / 3) - (pair % 3) + 2;
    expect([...asStored.subarray(pair * 5, pair * 5 + 5)]).toEqual([0, 1, 2, 3, 4].map((at) => (at === entry ? 1 : 0)));
  }
});

test.each([
  [6, 3, 4],
  [5, 3, 4],
  [2, 5, 1],
])("%i patches a side in windows of %i", (side, window, windows) => {
  const plan = windowPlan(side, window);
  expect([plan.windows, plan.windowCells.length]).toEqual([windows, windows * window * window]);
  expect(plan.patchCells.map((cell) => plan.windowCells[cell])).toEqual(plan.patchCells.map((_, patch) => patch));
  expect(plan.windowCells.filter((patch) => patch === side * side)).toHaveLength(windows * window ** 2 - side ** 2);
  // The last cell of the first window is the last of its lines that the view has, if any.
  expect(plan.windowCells[window * window - 1]).toBe(side < window ? side * side : (window - 1) * side + window - 1);
});

test("keys are marked by line and column", () => {
  expect([...keyCells(2)]).toEqual([1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1]);
});
