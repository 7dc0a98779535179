import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UnsupportedMediaError } from "@ocellus/core";
import type { Picture } from "@ocellus/media";
import { describe, expect, test } from "vitest";
import { patchify } from "../../blocks/qwen-vision/image-processor.ts";
import type { ClipTiming } from "../model-family.ts";
import { parseQwen25VlConfig } from "./config.ts";
import { sampleFrames } from "./sample-frames.ts";
import { videoInput } from "./video-input.ts";
import { loadVideoProcessorConfig, type VideoProcessorConfig } from "./video-processor-config.ts";

const fixtures = fileURLToPath(new URL("../../../../../fixtures/", import.meta.url));
const { vision } = parseQwen25VlConfig(
  JSON.parse(readFileSync(`${fixtures}checkpoints/qwen2_5_vl/config.json`, "utf8")),
);
const bounds = { minFrames: 4, maxFrames: 768, temporalPatchSize: 2 };
const processor: VideoProcessorConfig = {
  ...{ minPixels: 128 * 28 * 28, maxPixels: 768 * 28 * 28, minFrames: 4, maxFrames: 768, filter: "bicubic" },
  ...{ mean: [0.5, 0.4, 0.3], std: [0.3, 0.2, 0.1], rescaleFactor: 1 / 255 },
};

const timing = (sampledFps: number): ClipTiming => ({ sampledFps, sourceFps: sampledFps, indices: [0], frameCount: 1 });

function noise(width: number, height: number, seed: number): Picture {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, index) => (index * 31 + seed * 97) % 251);
  return { data, width, height };
}

describe("sampling", () => {
  test("a video of one frame gives this frame", () => {
    expect(sampleFrames({ frameCount: 1, fps: 30 }, { fps: 4, maxFrames: null }, bounds)).toEqual([0]);
  });

  test("a cap replaces that of the checkpoint, below the least number of frames too", () => {
    const sample = (maxFrames: number | null) =>
      sampleFrames({ frameCount: 100, fps: 10 }, { fps: 10, maxFrames }, bounds);
    expect(sample(null)).toHaveLength(100);
    expect(sample(7)).toEqual([0, 16, 33, 50, 66, 83]);
    expect(sample(2)).toEqual([0, 50]);
    expect(sample(1)).toEqual([0]);
  });

  test("any rate and length gives ascending places within the video", () => {
    for (let frameCount = 1; frameCount < 400; frameCount += 7) {
      for (const fps of [0, 0.3, 1, 4, 29.97, 1000]) {
        const indices = sampleFrames({ frameCount, fps: 29.97 }, { fps, maxFrames: null }, bounds);
        expect(indices.every((index, place) => index > (indices[place - 1] ?? -1) && index < frameCount)).toBe(true);
      }
    }
  });
});

describe("clips", () => {
  const input = videoInput(1, processor, vision);

  test("a long clip is several runs of whole temporal slices, with the patches of one", () => {
    const frames = Array.from({ length: 9 }, (_, index) => noise(56 * 14, 56 * 14, index));
    const clip = input.prepareClip(frames, timing(2));
    const whole = patchify(frames, processor, vision);
    expect(clip.grid).toEqual({ t: 5, h: 56, w: 56 });
    expect(clip.tokens).toBe((5 * 56 * 56) / 4);
    const runs = [...clip.feeds];
    expect(runs.map(({ slice_shape: shape }) => Number(shape!.data[0]))).toEqual([2, 2, 1]);
    const bytes = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    const joined = Buffer.concat(runs.map(({ pixel_values: pixels }) => bytes(pixels!.data as Float32Array)));
    expect(joined.equals(bytes(whole.pixelValues))).toBe(true);
    expect([...clip.feeds]).toHaveLength(3);
  });

  test("frames of different sizes are refused", () => {
    expect(() => input.prepareClip([noise(28, 28, 0), noise(56, 28, 0)], timing(2))).toThrow(UnsupportedMediaError);
  });
});

describe("settings", () => {
  const image = { ...processor, minPixels: 1, maxPixels: 2 };
  const load = (files: Record<string, unknown>, given = {}) =>
    loadVideoProcessorConfig(
      {
        has: (name: string) => name in files,
        readJson: async (name: string) => files[name],
      } as unknown as Parameters<typeof loadVideoProcessorConfig>[0],
      image,
      given,
    );
  const size = { shortest_edge: 3136, longest_edge: 4704 };

  test("come from either file, else from the family and the picture processor", async () => {
    const own = await load({ "video_preprocessor_config.json": { size, max_frames: 10 } });
    expect(own).toMatchObject({ minPixels: 3136, maxPixels: 4704, minFrames: 4, maxFrames: 10 });
    const nested = await load({ "processor_config.json": { video_processor: { size, min_frames: 2 } } });
    expect(nested).toMatchObject({ minPixels: 3136, maxPixels: 4704, minFrames: 2, maxFrames: 768 });
    const none = await load({ "processor_config.json": {} });
    expect(none).toMatchObject({ minPixels: 100_352, maxPixels: 602_112, mean: image.mean, maxFrames: 768 });
  });

  test("the bound on all tokens of a clip is off unless the file switches it on", async () => {
    const clipTokens = async (json: object) =>
      (await load({ "video_preprocessor_config.json": { size, ...json } })).clipTokens;
    expect(await clipTokens({})).toBeUndefined();
    expect(await clipTokens({ cap_pixels_per_frame: false, max_video_tokens: 9 })).toBeUndefined();
    expect(await clipTokens({ cap_pixels_per_frame: true })).toBe(128_000);
    expect(await clipTokens({ cap_pixels_per_frame: true, max_video_tokens: 9 })).toBe(9);
  });

  test("an area bound of the caller wins, and the other one yields", async () => {
    const files = { "video_preprocessor_config.json": { size } };
    expect(await load(files, { maxPixels: 1000 })).toMatchObject({ minPixels: 1000, maxPixels: 1000 });
    expect(await load(files, { minPixels: 9000 })).toMatchObject({ minPixels: 9000, maxPixels: 9000 });
  });
});
