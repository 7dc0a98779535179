import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseQwen3VlConfig } from "../../families/qwen3-vl/config.ts";
import { fixturesFolder } from "../../golden/scratch-checkpoint.ts";
import { fitClip } from "./fit-clip.ts";
import type { Qwen3VideoProcessor } from "./processor-config.ts";

const read = (file: string): unknown => JSON.parse(readFileSync(`${fixturesFolder}${file}`, "utf8"));
const { vision } = parseQwen3VlConfig(read("checkpoints/qwen3_vl/config.json"));
const processor: Qwen3VideoProcessor = {
  ...{ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], rescaleFactor: 1 / 255, filter: "bicubic" },
  ...{ minPixels: 131_072, maxPixels: 786_432, minFrames: 4, maxFrames: 768, frame: {} },
};

test("bounds of the caller are those of one frame", () => {
  const options = { processor: { ...processor, frame: { maxPixels: 64 * 64 } }, vision };
  const { width, height } = fitClip({ width: 640, height: 480 }, 8, options);
  expect(width * height).toBeLessThanOrEqual(64 * 64);
});
