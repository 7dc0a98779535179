import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSource } from "@ocellus/core";
import { describe, expect, test, vi } from "vitest";
import { decodeImage } from "../image/decode-image.ts";
import type { Picture } from "../image/picture.ts";
import { type OpenVideoOptions, openVideo, type VideoBackend } from "./open-video.ts";
import type { VideoFrame } from "./video-reader.ts";

const fixtures = fileURLToPath(new URL("../../../../fixtures/", import.meta.url));
const clips = `${fixtures}videos/`;

/** What the ffmpeg program made of the clips (fixtures/make/videos.py). */
const recorded = JSON.parse(readFileSync(`${clips}manifest.json`, "utf8")).clips as Record<
  string,
  { width: number; height: number; fps: number; frameCount: number; frames: number[][] }
>;

/** Levels that the mean of a cell may differ: conversions to RGB round differently in every version of FFmpeg. */
const tolerance = 2.5;

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0 && spawnSync("ffprobe", ["-version"]).status === 0;
const backends: VideoBackend[] = hasFfmpeg ? ["node-av", "ffmpeg"] : ["node-av"];

async function readAll(name: string, options: OpenVideoOptions, indices?: number[]): Promise<VideoFrame[]> {
  await using video = await openVideo(parseSource(clips + name), options);
  const frames: VideoFrame[] = [];
  for await (const frame of video.frames(indices ?? Array.from({ length: video.frameCount }, (_, i) => i))) {
    frames.push(frame);
  }
  return frames;
}

/** Mean RGB of a grid of 4×3 cells. */
function cellMeans({ data, width, height }: Picture): number[] {
  const means: number[] = [];
  for (let cell = 0; cell < 12; cell++) {
    const [row, column] = [Math.floor(cell / 4), cell % 4];
    const sums = [0, 0, 0];
    let count = 0;
    for (let y = Math.floor((row * height) / 3); y < Math.floor(((row + 1) * height) / 3); y++) {
      for (let x = Math.floor((column * width) / 4); x < Math.floor(((column + 1) * width) / 4); x++, count++) {
        for (let channel = 0; channel < 3; channel++) sums[channel]! += data[(y * width + x) * 3 + channel]!;
      }
    }
    means.push(...sums.map((sum) => sum / count));
  }
  return means;
}

function expectCells(picture: Picture, expected: readonly number[]): void {
  const differences = cellMeans(picture).map((mean, index) => Math.abs(mean - expected[index]!));
  expect(Math.max(...differences)).toBeLessThan(tolerance);
}

describe.each(backends)("with %s", (videoBackend) => {
  const names = Object.keys(recorded).filter((name) => name !== "animation.gif");

  test.each(names)("%s: size, rate, number of frames and every frame are those of ffmpeg", async (name) => {
    const expected = recorded[name]!;
    await using video = await openVideo(parseSource(clips + name), { videoBackend });
    expect(video).toMatchObject({ width: expected.width, height: expected.height, frameCount: expected.frameCount });
    expect(video.fps).toBeCloseTo(expected.fps, 6);
    expect(video.durationSeconds).toBeCloseTo(expected.frameCount / expected.fps, 6);
    const frames = await readAll(name, { videoBackend });
    expect(frames.map(({ index }) => index)).toEqual(expected.frames.map((_, index) => index));
    for (const [index, { picture }] of frames.entries()) {
      expect([picture.width, picture.height]).toEqual([expected.width, expected.height]);
      expectCells(picture, expected.frames[index]!);
    }
  });

  test("lossless frames are those that were encoded, sample for sample", async () => {
    const frames = await readAll("lossless.mkv", { videoBackend });
    for (const { index, picture } of frames) {
      expect(picture).toEqual(await decodeImage(await readFile(`${fixtures}images/frame${index}.png`)));
    }
  });

  test("chosen frames are the same as in a full reading", async () => {
    const all = await readAll("h264.mp4", { videoBackend });
    const chosen = await readAll("h264.mp4", { videoBackend }, [0, 5, 6, 15]);
    expect(chosen).toEqual([0, 5, 6, 15].map((index) => all[index]));
    expect(await readAll("h264.mp4", { videoBackend }, [])).toEqual([]);
  });

  test("bytes are read through a temporary file that is removed", async () => {
    const bytes = await readFile(`${clips}h264.mp4`);
    const folder = await mkdtemp(join(tmpdir(), "ocellus-open-video-"));
    vi.stubEnv("TMPDIR", folder);
    vi.stubEnv("TEMP", folder);
    const video = await openVideo(parseSource(bytes), { videoBackend });
    expect(await readdir(folder)).toHaveLength(1);
    for await (const { picture } of video.frames([3])) expectCells(picture, recorded["h264.mp4"]!.frames[3]!);
    await video.close();
    await expect(openVideo(parseSource(bytes.subarray(0, 3000)), { videoBackend })).rejects.toThrow();
    expect(await readdir(folder)).toEqual([]);
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
});
