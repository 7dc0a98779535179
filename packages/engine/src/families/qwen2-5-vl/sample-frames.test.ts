import { expect, test } from "vitest";
import { sampleFrames } from "./sample-frames.ts";

/** torch 2.15: `torch.arange(0, total, total / count).int()`. In double precision some places are one lower. */
const recorded: [total: number, count: number, indices: number[]][] = [
  [30, 22, [0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 15, 16, 17, 19, 20, 21, 23, 24, 25, 27, 28]],
  [
    52,
    46,
    [
      0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 24, 26, 27, 28, 29, 30, 31, 32, 33,
      35, 36, 37, 38, 39, 40, 41, 42, 44, 45, 46, 47, 48, 49, 50,
    ],
  ],
  [60, 26, [0, 2, 4, 6, 9, 11, 13, 16, 18, 20, 23, 25, 27, 30, 32, 34, 36, 39, 41, 43, 46, 48, 50, 53, 55, 57]],
];

test.each(recorded)("%i frames at a distance that float32 rounds: %i places", (total, count, indices) => {
  const bounds = { minFrames: 4, maxFrames: 768, temporalPatchSize: 2 };
  expect(sampleFrames({ frameCount: total, fps: total }, { fps: count, maxFrames: null }, bounds)).toEqual(indices);
});

test("no place beyond the end where the reference's rounding adds one", () => {
  const bounds = { minFrames: 4, maxFrames: 768, temporalPatchSize: 2 };
  const indices = sampleFrames({ frameCount: 17, fps: 17 }, { fps: 14, maxFrames: null }, bounds);
  expect(indices).toHaveLength(14);
  expect(indices.at(-1)).toBe(15);
});
