import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseSource, UnsupportedMediaError } from "@ocellus/core";
import sharp from "sharp";
import { expect, test } from "vitest";
import { decodeImage } from "../image/decode-image.ts";
import { openVideo } from "./open-video.ts";
import type { VideoFrame, VideoReader } from "./video-reader.ts";

const fixtures = fileURLToPath(new URL("../../../../fixtures/", import.meta.url));
const recorded = JSON.parse(readFileSync(`${fixtures}videos/manifest.json`, "utf8")).clips["animation.gif"];

async function collect(video: VideoReader, indices: readonly number[]): Promise<VideoFrame[]> {
  const frames: VideoFrame[] = [];
  for await (const frame of video.frames(indices)) frames.push(frame);
  return frames;
}

/** Mean of a channel of the upper left quarter by third of a frame, the first cell that the manifest records. */
function firstCell({ picture: { data, width, height } }: VideoFrame): number[] {
  const sums = [0, 0, 0];
  const [rows, columns] = [Math.floor(height / 3), Math.floor(width / 4)];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns * 3; x++) sums[x % 3]! += data[y * width * 3 + x]!;
  }
  return sums.map((sum) => sum / (rows * columns));
}

test("a GIF has the rate and frames that ffmpeg finds, and the first one of decodeImage", async () => {
  const path = `${fixtures}videos/animation.gif`;
  await using video = await openVideo(parseSource(path));
  expect(video).toMatchObject({ width: recorded.width, height: recorded.height, frameCount: 6 });
  expect(video.fps).toBeCloseTo(recorded.fps, 6);
  const frames = await collect(video, [0, 1, 2, 3, 4, 5]);
  for (const [index, frame] of frames.entries()) {
    for (const [channel, mean] of firstCell(frame).entries()) {
      expect(mean).toBeCloseTo(recorded.frames[index][channel], 0);
    }
  }
  expect(frames[0]!.picture).toEqual(await decodeImage(await readFile(path)));
  expect(await collect(video, [1, 4])).toEqual([frames[1], frames[4]]);
});

test("a lossless WebP gives back what went in, from bytes as well", async () => {
  const bytes = await readFile(`${fixtures}videos/animation.webp`);
  await using video = await openVideo(parseSource(`data:image/webp;base64,${bytes.toString("base64")}`));
  expect(video).toMatchObject({ frameCount: 6, fps: 5, durationSeconds: 1.2 });
  for (const { index, picture } of await collect(video, [0, 1, 2, 3, 4, 5])) {
    expect(picture).toEqual(await decodeImage(await readFile(`${fixtures}images/frame${index}.png`)));
  }
});

test("a still GIF is a video of one frame", async () => {
  const bytes = await sharp({ create: { width: 5, height: 4, channels: 3, background: "#08f" } })
    .gif()
    .toBuffer();
  await using video = await openVideo(parseSource(bytes));
  expect(video).toMatchObject({ width: 5, height: 4, frameCount: 1 });
  expect((await collect(video, [0]))[0]!.picture.data.length).toBe(5 * 4 * 3);
});

test("an animation that is cut off is a typed error", async () => {
  for (const name of ["animation.gif", "animation.webp"]) {
    const bytes = await readFile(`${fixtures}videos/${name}`);
    for (const length of [12, 40, bytes.length >> 1]) {
      const error = await openVideo(parseSource(bytes.subarray(0, length)))
        .then((video) => collect(video, [video.frameCount - 1]))
        .catch((thrown: unknown) => thrown);
      if (!Array.isArray(error)) expect(error).toBeInstanceOf(UnsupportedMediaError);
    }
  }
  await expect(openVideo(parseSource(Buffer.from("GIF89a")))).rejects.toBeInstanceOf(UnsupportedMediaError);
});
