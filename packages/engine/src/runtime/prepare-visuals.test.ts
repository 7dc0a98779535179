import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChatPart, type FramesPart, parseSource } from "@ocellus/core";
import type { Picture } from "@ocellus/media";
import { expect, test, vi } from "vitest";
import type { ClipTiming, FamilyModel, PreparedVisual, VideoInput } from "../families/model-family.ts";
import { fixturesFolder } from "../golden/scratch-checkpoint.ts";
import { prepareVisuals } from "./prepare-visuals.ts";

interface Clip {
  readonly frames: readonly Picture[];
  readonly timing: ClipTiming;
}

/** A model that remembers the clips it was given, and takes every `step`th frame of a video. */
function recorder(step: number, more: Partial<VideoInput> = {}): { model: FamilyModel; clips: Clip[] } {
  const clips: Clip[] = [];
  const video: VideoInput = {
    tokenId: 1,
    sampleFrames: ({ frameCount }) => Array.from({ length: Math.ceil(frameCount / step) }, (_, index) => index * step),
    tokensOf: (_, frames) => frames,
    resizeFrame: (frame) => frame,
    prepareClip: (frames, timing) => {
      clips.push({ frames, timing });
      return {} as PreparedVisual;
    },
    ...more,
  };
  return { model: { family: "test", video, decoder: { contextLength: 100 } } as unknown as FamilyModel, clips };
}

const context = (signal = new AbortController().signal) =>
  ({ signal, allowPrivateAddresses: false, videoBackend: "auto" }) as const;
const chat = (...content: ChatPart[]) => [{ role: "user", content }] as const;
const videoPart = (source: string | Uint8Array): ChatPart => ({
  ...{ type: "video", source: parseSource(source), fps: 4, maxFrames: null },
});

function framesPart(count: number, of: Partial<FramesPart> = {}): FramesPart {
  const frames = Array.from({ length: count }, (_, index) => parseSource(`${fixturesFolder}images/frame${index}.png`));
  return { type: "video", frames, fps: null, frameIndices: null, totalFrames: null, ...of };
}

test("a video gives the chosen frames with their places and rates", async () => {
  const { model, clips } = recorder(2);
  await prepareVisuals(model, chat(videoPart(`${fixturesFolder}videos/lossless.mkv`)), context());
  expect(clips[0]!.timing).toEqual({ sampledFps: 1, sourceFps: 2, indices: [0, 2, 4], frameCount: 6 });
  const { model: other, clips: given } = recorder(1);
  await prepareVisuals(other, chat(framesPart(5)), context());
  expect(clips[0]!.frames).toEqual([0, 2, 4].map((index) => given[0]!.frames[index]));
});

test("a damaged video keeps the places of the frames that exist", async () => {
  const broken = await readFile(`${fixturesFolder}videos/h264.mp4`);
  // The index behind the pictures promises sixteen of them, but the later ones are gone.
  const end = broken.indexOf("moov") - 4;
  broken.fill(0, end - 1000, end);
  const { model, clips } = recorder(1);
  await prepareVisuals(model, chat(videoPart(broken)), context());
  const [{ frames, timing }] = clips as [Clip];
  expect(timing.frameCount).toBe(16);
  expect(frames.length).toBeGreaterThan(1);
  expect(frames.length).toBeLessThan(16);
  expect(timing.indices).toHaveLength(frames.length);
});

test.each([
  ["all that transformers wants", { fps: 24, frameIndices: [0, 8, 16], totalFrames: 24 }, 3, 24],
  ["no length: the distance of the frames", { fps: 24, frameIndices: [4, 12, 20] }, 3, 21],
  ["a rate alone: every frame", { fps: 5 }, 5, 3],
  ["nothing: 24 frames a second", {}, 24, 3],
])("frames with %s", async (_, given, sampledFps, frameCount) => {
  const { model, clips } = recorder(1);
  await prepareVisuals(model, chat(framesPart(3, given)), context());
  expect(clips[0]!.timing).toMatchObject({ sampledFps, frameCount });
});

test("a clip beyond the context is refused before a frame is decoded", async () => {
  const resizeFrame = vi.fn((frame: Picture) => frame);
  const { model } = recorder(1, { tokensOf: (_, frames) => 50 * frames, resizeFrame });
  const part = videoPart(`${fixturesFolder}videos/h264.mp4`);
  await expect(prepareVisuals(model, chat(part), context())).rejects.toMatchObject({
    code: "generation",
    message: expect.stringMatching(/16 frames of 64x48 pixels needs 800 tokens.*holds 100/),
  });
  expect(resizeFrame).not.toHaveBeenCalled();
});

test("a model without a video token refuses with the remedy", async () => {
  const model = { family: "test", video: undefined } as unknown as FamilyModel;
  await expect(prepareVisuals(model, chat(framesPart(1)), context())).rejects.toThrow(/takes no videos.*single frames/);
});

test("an abort between two frames ends the work and removes the temporary file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ocellus-prepare-"));
  vi.stubEnv("TMPDIR", folder);
  vi.stubEnv("TEMP", folder);
  const controller = new AbortController();
  let resized = 0;
  const resizeFrame = (frame: Picture): Picture => {
    resized++;
    controller.abort(new Error("enough"));
    return frame;
  };
  const { model, clips } = recorder(1, { resizeFrame });
  const part = videoPart(await readFile(`${fixturesFolder}videos/h264.mp4`));
  await expect(prepareVisuals(model, chat(part), context(controller.signal))).rejects.toMatchObject({
    code: "aborted",
  });
  expect([resized, clips.length]).toEqual([1, 0]);
  expect(await readdir(folder)).toEqual([]);
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});
