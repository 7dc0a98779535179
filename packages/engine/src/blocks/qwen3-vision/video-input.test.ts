import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseQwen3VlConfig } from "../../families/qwen3-vl/config.ts";
import { fixturesFolder } from "../../golden/scratch-checkpoint.ts";
import { fitClip } from "./fit-clip.ts";
import type { Qwen3VideoProcessor } from "./processor-config.ts";
import { clipPrompt, sampleFrames } from "./video-input.ts";

const read = (file: string): unknown => JSON.parse(readFileSync(`${fixturesFolder}${file}`, "utf8"));
const { vision } = parseQwen3VlConfig(read("checkpoints/qwen3_vl/config.json"));
const processor: Qwen3VideoProcessor = {
  ...{ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], rescaleFactor: 1 / 255, filter: "bicubic" },
  ...{ minPixels: 131_072, maxPixels: 786_432, minFrames: 4, maxFrames: 768, frame: {} },
};

interface Sampling {
  readonly family: string;
  readonly kwargs: { readonly fps?: number };
  readonly total_frames: number;
  readonly source_fps: number;
  readonly indices?: readonly number[];
  readonly timestamps?: readonly string[];
}
const samplings = (read("tables/video-sampling.json") as Sampling[]).filter(
  ({ family, indices, kwargs }) => family === "qwen3_vl" && indices !== undefined && !("num_frames" in kwargs),
);

test.each(samplings)("$total_frames frames at $source_fps fps, asked for $kwargs", (row) => {
  const { kwargs, total_frames: frameCount, source_fps: fps, indices, timestamps } = row;
  const places = sampleFrames({ frameCount, fps }, { fps: kwargs.fps ?? 2, maxFrames: null }, processor);
  expect(places).toEqual(indices);
  if (timestamps === undefined || timestamps.includes("...")) return;
  const { text, spans } = clipPrompt({ indices: places, sourceFps: fps, sampledFps: 2, frameCount }, 2, 9);
  expect([...text.matchAll(/<([\d.]+) seconds>/g)].map(([, seconds]) => seconds)).toEqual(timestamps);
  expect(spans).toEqual(timestamps.map(() => 9));
});

interface Clip {
  readonly frames: number;
  readonly size: readonly [number, number];
  readonly resized?: readonly [number, number];
}
const tables = read("tables/qwen3-vl-clips.json") as Record<string, Clip[]>;

test.each(Object.entries(tables))("%s", (name, clips) => {
  const [minPixels, maxPixels] = [...name.matchAll(/: (\d+)/g)].map(([, area]) => Number(area)) as [number, number];
  for (const { frames, size, resized } of clips) {
    if (resized === undefined) continue;
    const [width, height] = size;
    const options = { processor: { ...processor, minPixels, maxPixels }, vision };
    const fitted = fitClip({ width, height }, frames, options);
    expect([fitted.width, fitted.height], `${frames} frames of ${size}`).toEqual(resized);
  }
});

test("bounds of the caller are those of one frame", () => {
  const options = { processor: { ...processor, frame: { maxPixels: 64 * 64 } }, vision };
  const { width, height } = fitClip({ width: 640, height: 480 }, 8, options);
  expect(width * height).toBeLessThanOrEqual(64 * 64);
});
