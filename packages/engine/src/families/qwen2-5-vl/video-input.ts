import { type Picture, resamplePillow } from "@ocellus/media";
import { clipSize } from "../../blocks/qwen-vision/clip-size.ts";
import { patchify } from "../../blocks/qwen-vision/image-processor.ts";
import type { GridThw } from "../../blocks/qwen-vision/patch-grid.ts";
import { type PixelSize, smartResize } from "../../blocks/qwen-vision/smart-resize.ts";
import type { Feeds } from "../../runtime/host-tensor.ts";
import type { PreparedVisual, VideoInput } from "../model-family.ts";
import type { Qwen25VisionConfig } from "./config.ts";
import { sampleFrames } from "./sample-frames.ts";
import type { VideoProcessorConfig } from "./video-processor-config.ts";
import { visionFeeds } from "./vision-feeds.ts";

/**
 * Patches that one run of the vision tower sees, unless a single temporal slice has more. Slices do not attend to each
 * other, so a long clip gives the same features in several runs, in bounded memory.
 */
const patchesPerRun = 8192;

/** How Qwen2.5-VL takes videos (specs/vlm.md B0, B1 "Video", B12.1). */
export function videoInput(tokenId: number, processor: VideoProcessorConfig, vision: Qwen25VisionConfig): VideoInput {
  const { temporalPatchSize, patchSize, mergeSize } = vision;
  const fit = (size: PixelSize, frames: number): PixelSize => fitFrame(size, frames, { processor, vision });
  const gridOf = ({ width, height }: PixelSize, frames: number): GridThw => ({
    t: Math.ceil(frames / temporalPatchSize),
    h: height / patchSize,
    w: width / patchSize,
  });
  const cells = (grid: GridThw): number => (grid.t * grid.h * grid.w) / mergeSize ** 2;
  return {
    tokenId,
    sampleFrames: (video, sampling) => sampleFrames(video, sampling, { ...processor, temporalPatchSize }),
    tokensOf: (size, frames) => cells(gridOf(fit(size, frames), frames)),
    resizeFrame: (frame, frames) => resamplePillow(frame, fit(frame, frames), processor.filter),
    prepareClip: (frames, { sampledFps }) => {
      const resized = clipSize(frames);
      const grid = gridOf(resized, frames.length);
      // Seconds of a temporal patch, then positions of it, each in float32 as in the reference.
      const secondsPerSlice = Math.fround(temporalPatchSize / sampledFps);
      const timeStep = Math.fround(vision.tokensPerSecond * secondsPerSlice);
      const feeds = { [Symbol.iterator]: () => clipFeeds(frames, processor, vision) };
      return { feeds, placeholder: tokenId, tokens: cells(grid), resized, grid, timeStep } satisfies PreparedVisual;
    },
  };
}

/**
 * The size of the frames of a clip: that of a picture, but in at most an even share of nine tenths of the clip's tokens
 * where those are bounded (transformers `Qwen2VLVideoProcessor.resize`).
 *
 * @throws UnsupportedMediaError when the longer side is over 200 times the shorter one
 */
export function fitFrame(
  size: PixelSize,
  frames: number,
  options: {
    readonly processor: Pick<VideoProcessorConfig, "minPixels" | "maxPixels" | "clipTokens">;
    readonly vision: Pick<Qwen25VisionConfig, "patchSize" | "mergeSize" | "temporalPatchSize">;
  },
): PixelSize {
  const { minPixels, maxPixels, clipTokens = Infinity } = options.processor;
  const { patchSize, mergeSize, temporalPatchSize } = options.vision;
  const factor = patchSize * mergeSize;
  const share = Math.floor((Math.trunc(clipTokens * factor ** 2 * 0.9) * temporalPatchSize) / frames);
  const most = share < maxPixels ? Math.max(share, Math.trunc(minPixels * 1.05)) : maxPixels;
  return smartResize(size, { factor, minPixels, maxPixels: most });
}

function* clipFeeds(
  frames: readonly Picture[],
  processor: VideoProcessorConfig,
  vision: Qwen25VisionConfig,
): Generator<Feeds, void, undefined> {
  const { width, height } = frames[0]!;
  const patches = (width * height) / vision.patchSize ** 2;
  const framesPerRun = Math.max(1, Math.floor(patchesPerRun / patches)) * vision.temporalPatchSize;
  for (let start = 0; start < frames.length; start += framesPerRun) {
    yield visionFeeds(patchify(frames.slice(start, start + framesPerRun), processor, vision), vision);
  }
}
