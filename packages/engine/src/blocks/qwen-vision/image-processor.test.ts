import { describe, expect, test } from "vitest";
import { fixturesFolder } from "../../golden/scratch-checkpoint.ts";
import { goldenConfig } from "../../golden/stored-shapes.ts";
import { type AreaSettings, patchify } from "./image-processor.ts";

const golden = goldenConfig(`${fixturesFolder}checkpoints/qwen2_5_vl`).vision;

/** The byte level itself: mean 0, deviation 1. */
const plain: AreaSettings = {
  ...{ minPixels: 1, maxPixels: 1e9, rescaleFactor: 1, filter: "bicubic" },
  ...{ mean: [0, 0, 0], std: [1, 1, 1] },
};

/** A picture whose pixels are all different in the way that matters: a number of column, row, channel and frame. */
const frame = (width: number, height: number, time = 0) => ({
  ...{ width, height },
  data: Uint8Array.from({ length: width * height * 3 }, (_, index) => level(index, width, time)),
});
const level = (index: number, width: number, time: number): number => {
  const [x, y, channel] = [Math.floor(index / 3) % width, Math.floor(index / 3 / width), index % 3];
  return (x * 7 + y * 31 + channel * 101 + time * 57) % 256;
};

/** transformers: view (t, tp, C, h/m, m, p, w/m, m, p), permute (0, 3, 6, 4, 7, 2, 1, 5, 8), flatten. */
function* referencePatches(
  t: number,
  gridH: number,
  gridW: number,
  config: typeof golden,
): Generator<readonly number[]> {
  const { patchSize: p, mergeSize: m, temporalPatchSize: tp } = config;
  const sides = [t, gridH / m, gridW / m, m, m, 3, tp, p, p];
  const total = sides.reduce((product, side) => product * side, 1);
  for (let index = 0; index < total; index++) {
    const place: number[] = [];
    let rest = index;
    for (const side of sides.toReversed()) {
      place.unshift(rest % side);
      rest = Math.floor(rest / side);
    }
    const [slice, cellY, cellX, inY, inX, channel, time, y, x] = place as [
      ...[number, number, number, number, number, number, number, number, number],
    ];
    yield [slice * tp + time, channel, (cellY * m + inY) * p + y, (cellX * m + inX) * p + x];
  }
}

describe.each([
  ["14 px patches, merged by 2", golden],
  ["4 px patches, merged by 3, one frame a slice", { ...golden, patchSize: 4, mergeSize: 3, temporalPatchSize: 1 }],
  ["3 px patches, not merged, 3 frames a slice", { ...golden, patchSize: 3, mergeSize: 1, temporalPatchSize: 3 }],
] as const)("patches of %s", (_, config) => {
  test.each([1, 2, 5])("%i frames are cut as transformers permutes them", (count) => {
    const cell = config.patchSize * config.mergeSize;
    const [width, height] = [3 * cell, 2 * cell];
    const frames = Array.from({ length: count }, (__, time) => frame(width, height, time));
    const { pixelValues, grid } = patchify(frames, plain, config);
    expect(grid).toEqual({
      t: Math.ceil(count / config.temporalPatchSize),
      h: 2 * config.mergeSize,
      w: 3 * config.mergeSize,
    });
    const expected = Array.from(referencePatches(grid.t, grid.h, grid.w, config), ([time, channel, y, x]) =>
      // The last frame is repeated.
      level((y! * width + x!) * 3 + channel!, width, Math.min(time!, count - 1)),
    );
    expect(pixelValues.length).toBe(expected.length);
    expect(pixelValues.every((value, index) => value === expected[index])).toBe(true);
  });
});

test("levels are scaled and normalised per channel", () => {
  const processor = { ...plain, rescaleFactor: 1 / 255, mean: [0.5, 0.25, 0], std: [0.5, 0.25, 2] };
  const data = Uint8Array.from({ length: 28 * 28 * 3 }, (_, index) => [255, 0, 51][index % 3]!);
  const { pixelValues } = patchify([{ width: 28, height: 28, data }], processor, golden);
  const plane = 14 * 14 * 2;
  expect(pixelValues[0]).toBeCloseTo(1, 6);
  expect(pixelValues[plane]).toBeCloseTo(-1, 6);
  expect(pixelValues[2 * plane]).toBeCloseTo(0.1, 6);
});
