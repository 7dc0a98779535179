import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSource, type SourceInput, UnsupportedMediaError } from "@ocellus/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OpenVideoOptions, openVideo, type VideoBackend } from "./open-video.ts";

const clips = fileURLToPath(new URL("../../../../fixtures/videos/", import.meta.url));
const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0 && spawnSync("ffprobe", ["-version"]).status === 0;
const backends: VideoBackend[] = hasFfmpeg ? ["node-av", "ffmpeg"] : ["node-av"];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-bad-videos-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

const video = (source: SourceInput) => ({ ...parseSource(source), media: "video" }) as ReturnType<typeof parseSource>;

/** Opens a video, decodes all its frames, and returns their places. */
async function readPlaces(source: SourceInput, options: OpenVideoOptions): Promise<number[]> {
  await using reader = await openVideo(video(source), options);
  const places: number[] = [];
  for await (const { index, picture } of reader.frames(Array.from({ length: reader.frameCount }, (_, i) => i))) {
    expect(picture.data.length).toBe(reader.width * reader.height * 3);
    places.push(index);
  }
  return places;
}

/** An uncompressed AVI whose header may claim what it does not hold. */
function avi(stored: number, claimed: { frames?: number; width?: number; height?: number } = {}): Buffer {
  const { frames = stored, width = 4, height = 2 } = claimed;
  const u32 = (...values: number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer);
  const chunk = (id: string, data: Buffer): Buffer => Buffer.concat([Buffer.from(id), u32(data.length), data]);
  const list = (type: string, ...parts: Buffer[]): Buffer =>
    chunk("LIST", Buffer.concat([Buffer.from(type), ...parts]));
  const picture = 4 * 2 * 3;
  const main = u32(250_000, 0, 0, 0x10, frames, 0, 1, picture, width, height, 0, 0, 0, 0);
  const header = Buffer.concat([Buffer.from("vidsDIB "), u32(0, 0, 0, 1, 4, 0, frames, picture, 0, 0, 0, 0)]);
  const format = u32(40, width, height, 1 | (24 << 16), 0, picture, 0, 0, 0, 0);
  const places = Array.from({ length: stored }, (_, index) => index);
  const movie = places.map((index) => chunk("00db", Buffer.alloc(picture, 40 * index)));
  const index = Buffer.concat(
    places.map((place) => Buffer.concat([Buffer.from("00db"), u32(0x10, 4 + place * (picture + 8), picture)])),
  );
  const body = [list("hdrl", chunk("avih", main), list("strl", chunk("strh", header), chunk("strf", format)))];
  return chunk("RIFF", Buffer.concat([Buffer.from("AVI "), ...body, list("movi", ...movie), chunk("idx1", index)]));
}

describe.each(backends)("with %s", (videoBackend) => {
  const options = { videoBackend };
  const opening = async (source: SourceInput, more: OpenVideoOptions = {}) =>
    await openVideo(video(source), { ...options, ...more });

  test("a header that promises more frames than there are is not believed", async () => {
    for (const frames of [3, 10_000]) {
      expect(await readPlaces(await file("lying.avi", avi(3, { frames })), options)).toEqual([0, 1, 2]);
    }
  });

  test("a video without frames", async () => {
    const path = await file("none.avi", avi(0, { frames: 7 }));
    await expect(opening(path)).rejects.toMatchObject({ code: "unsupported-media" });
  });

  test("a video that ends early gives the frames that exist", async () => {
    const whole = await readFile(`${clips}lossless.mkv`);
    const places = await readPlaces(await file("cut.mkv", whole.subarray(0, Math.floor(whole.length * 0.6))), options);
    expect(places.length).toBeGreaterThan(1);
    expect(places.length).toBeLessThan(6);
    expect(places).toEqual(places.map((_, index) => index));
  });

  test("a video whose middle is overwritten gives frames or a typed error", async () => {
    for (const name of ["h264.mp4", "vp9.webm", "mpeg4.avi", "lossless.mkv", "size-change.ts", "full-range.mov"]) {
      const bytes = await readFile(clips + name);
      bytes.fill(0xa5, Math.floor(bytes.length * 0.3), Math.floor(bytes.length * 0.5));
      const places = await readPlaces(bytes, options).catch((error: unknown) => error);
      if (!Array.isArray(places)) expect(places).toBeInstanceOf(UnsupportedMediaError);
    }
  });

  test("an index at the end that is cut off", async () => {
    const whole = await readFile(`${clips}h264.mp4`);
    await expect(opening(await file("cut.mp4", whole.subarray(0, 3000)))).rejects.toMatchObject({
      code: "unsupported-media",
      message: expect.stringContaining(join(folder, "cut.mp4")),
    });
  });

  test.each([
    ["text", "not a video at all\n".repeat(100), /cannot read/],
    ["a web page", "<!doctype html><html>", /cannot read/],
    ["zero bytes", "", /is empty/],
    ["one byte", "x", /cannot read/],
  ])("%s", async (_, content, reason) => {
    const error = await opening(await file("wrong.mp4", content)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnsupportedMediaError);
    expect(String(error).toLowerCase()).toMatch(reason);
  });

  test("sound without pictures", async () => {
    await expect(opening(`${clips}sound-only.m4a`)).rejects.toThrow(/has no video stream/);
  });

  test("a playlist that names another file opens nothing", async () => {
    const list = `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile:${clips}size-change.ts\n#EXT-X-ENDLIST\n`;
    await expect(opening(await file("list.m3u8", list))).rejects.toBeInstanceOf(UnsupportedMediaError);
    const script = `ffconcat version 1.0\nfile '${clips}h264.mp4'\n`;
    await expect(opening(await file("list.mp4", script))).rejects.toBeInstanceOf(UnsupportedMediaError);
  });

  test("frames beyond the limits are refused before they are decoded", async () => {
    const huge = await file("huge.avi", avi(2, { width: 60_000, height: 60_000 }));
    await expect(opening(huge)).rejects.toBeInstanceOf(UnsupportedMediaError);
    await expect(opening(`${clips}h264.mp4`, { maxFramePixels: 1000 })).rejects.toBeInstanceOf(UnsupportedMediaError);
    await expect(opening(`${clips}h264.mp4`, { maxDurationSeconds: 1 })).rejects.toThrow(/lasts 2 s.*limit of 1 s/);
  });

  test("a name is a name, whatever it looks like", async () => {
    const bytes = await readFile(`${clips}mpeg4.avi`);
    for (const name of ["-y.avi", "http:x.avi", "a b'c.avi", "%03d.avi", "$(id).avi", "pipe:0"]) {
      expect(await readPlaces(await file(name, bytes), options)).toHaveLength(16);
    }
  });

  test("indices that do not ascend or do not exist are the caller's mistake", async () => {
    await using reader = await opening(`${clips}h264.mp4`);
    for (const indices of [[-1], [16], [1, 1], [2, 1], [0.5]]) {
      await expect(reader.frames(indices).next()).rejects.toMatchObject({ code: "invalid-argument" });
    }
  });

  test("leaving the loop, closing twice, and reading again", async () => {
    const reader = await opening(`${clips}h264.mp4`);
    for (let round = 0; round < 3; round++) {
      for await (const { index } of reader.frames([1, 2, 3])) if (index === 2) break;
    }
    await reader.close();
    await reader.close();
  });

  test("an abort ends the reading with its reason", async () => {
    const controller = new AbortController();
    await using reader = await opening(`${clips}h264.mp4`, { signal: controller.signal });
    const frames = reader.frames([0, 5, 10]);
    await frames.next();
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(frames.next()).rejects.toMatchObject({ code: "aborted", cause: reason });
    await expect(opening(`${clips}h264.mp4`, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "aborted",
    });
  });

  test("a budget of no time is a timeout", async () => {
    await expect(opening(`${clips}h264.mp4`, { timeoutMs: 0.001 })).rejects.toMatchObject({ code: "timeout" });
  });
});

test("pictures and pixels are no videos", async () => {
  const png = fileURLToPath(new URL("../../../../fixtures/images/frame0.png", import.meta.url));
  await expect(openVideo(video(png))).rejects.toThrow(/is a picture \(PNG\)/);
  const pixels = { data: new Uint8Array(3), width: 1, height: 1, channels: 3 };
  await expect(openVideo(video(pixels))).rejects.toThrow(/raw pixels/);
});

test("paths that are no files", async () => {
  await expect(openVideo(video(join(folder, "none.mp4")))).rejects.toMatchObject({ code: "source-not-found" });
  await expect(openVideo(video(folder))).rejects.toThrow(/is a folder/);
});

test("an unknown backend is the caller's mistake", async () => {
  const options = { videoBackend: "vlc" } as unknown as OpenVideoOptions;
  await expect(openVideo(video("a.mp4"), options)).rejects.toMatchObject({ code: "invalid-argument" });
});
