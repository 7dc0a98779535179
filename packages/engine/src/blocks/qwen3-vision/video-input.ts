import { type Picture, resamplePillow } from "@ocellus/media";
import type { ClipTiming, VideoInput, VideoLength, VideoSampling, VisualPrompt } from "../../families/model-family.ts";
import type { Feeds } from "../../runtime/host-tensor.ts";
import { roundHalfEven } from "../pictures/round-half-even.ts";
import { clipSize } from "../qwen-vision/clip-size.ts";
import { patchify } from "../qwen-vision/image-processor.ts";
import type { PixelSize } from "../qwen-vision/smart-resize.ts";
import { fitClip } from "./fit-clip.ts";
import type { Qwen3VideoProcessor } from "./processor-config.ts";
import type { Qwen3VisionConfig } from "./vision-config.ts";
import { visionFeeds } from "./vision-feeds.ts";

/** How Qwen3-VL takes videos: every temporal slice stands behind its time (specs/vlm.md B2 "Video text"). */
export function videoInput(tokenId: number, processor: Qwen3VideoProcessor, vision: Qwen3VisionConfig): VideoInput {
  const { temporalPatchSize, patchSize, mergeSize } = vision;
  const cells = ({ width, height }: PixelSize): number => (width * height) / (patchSize * mergeSize) ** 2;
  const fit = (size: PixelSize, frames: number): PixelSize => fitClip(size, frames, { processor, vision });
  return {
    tokenId,
    sampleFrames: (video, sampling) => sampleFrames(video, sampling, processor),
    tokensOf: (size, frames) => Math.ceil(frames / temporalPatchSize) * cells(fit(size, frames)),
    resizeFrame: (frame, frames) => resamplePillow(frame, fit(frame, frames), processor.filter),
    prepareClip: (frames, timing) => {
      const resized = clipSize(frames);
      const slices = Math.ceil(frames.length / temporalPatchSize);
      return {
        feeds: { [Symbol.iterator]: () => sliceFeeds(frames, processor, vision) },
        placeholder: tokenId,
        tokens: slices * cells(resized),
        prompt: clipPrompt(timing, temporalPatchSize, cells(resized)),
        resized,
        grid: { t: slices, h: resized.height / patchSize, w: resized.width / patchSize },
        timeStep: 0,
      };
    },
  };
}

/**
 * Frames at an even distance from the first to the last (transformers `Qwen3VLVideoProcessor.sample_frames`):
 * n = ⌊total / sourceFps · fps⌋ within [minFrames, maxFrames] and the video; ties of places go to the even one.
 */
export function sampleFrames(
  { frameCount, fps }: VideoLength,
  sampling: VideoSampling,
  { minFrames, maxFrames }: Pick<Qwen3VideoProcessor, "minFrames" | "maxFrames">,
): number[] {
  const most = Math.min(sampling.maxFrames ?? maxFrames, frameCount);
  const wanted = Math.trunc((frameCount / fps) * sampling.fps);
  const count = Math.max(1, Math.min(Math.max(wanted, minFrames), most));
  const step = count === 1 ? 0 : (frameCount - 1) / (count - 1);
  return Array.from({ length: count }, (_, index) => roundHalfEven(index * step));
}

/**
 * The text of a clip: for every temporal slice the mean time of its first and last frame, then its features. An
 * incomplete slice repeats the last frame. The template's own markers stay around the whole, as the reference has it.
 */
export function clipPrompt({ indices, sourceFps }: ClipTiming, slice: number, cells: number): VisualPrompt {
  const mark = "<|video_pad|>";
  const time = (index: number): number => indices[Math.min(index, indices.length - 1)]! / sourceFps;
  const slices = Math.ceil(indices.length / slice);
  const texts = Array.from({ length: slices }, (_, index) => {
    const seconds = (time(index * slice) + time((index + 1) * slice - 1)) / 2;
    return `<${withOneDecimal(seconds)} seconds><|vision_start|>${mark}<|vision_end|>`;
  });
  return { mark, text: texts.join(""), spans: new Array<number>(slices).fill(cells) };
}

/** One decimal as Python prints it: exact ties, which only quarters have, go to the even digit. */
function withOneDecimal(value: number): string {
  return Number.isInteger(4 * value) ? (roundHalfEven(10 * value) / 10).toFixed(1) : value.toFixed(1);
}

/** One run of the vision tower a temporal slice: slices do not attend to each other. */
function* sliceFeeds(
  frames: readonly Picture[],
  processor: Qwen3VideoProcessor,
  vision: Qwen3VisionConfig,
): Generator<Feeds, void, undefined> {
  const { temporalPatchSize } = vision;
  for (let start = 0; start < frames.length; start += temporalPatchSize) {
    yield visionFeeds(patchify(frames.slice(start, start + temporalPatchSize), processor, vision), vision);
  }
}
