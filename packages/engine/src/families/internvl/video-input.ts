import { resamplePillow } from "@ocellus/media";
import { tileFeeds } from "../../blocks/pictures/tile-feeds.ts";
import type { TileSettings } from "../../blocks/pictures/tile-picture.ts";
import type { VideoInput, VideoLength, VideoSampling } from "../model-family.ts";
import type { InternVlVisionConfig } from "./config.ts";

/** What {@link videoInput} needs beside the tower's sizes. */
export interface ClipOptions {
  /** Token that stands for features of pictures and frames alike. */
  readonly tokenId: number;
  readonly processor: TileSettings;
  /** Most frames of a clip unless the caller says otherwise. */
  readonly maxFrames: number | undefined;
}

/** How InternVL takes videos: each frame is one tile in a numbered line (specs/vlm.md B4 "Prompt"). */
export function videoInput(vision: InternVlVisionConfig, options: ClipOptions): VideoInput {
  const { tokenId, processor, maxFrames } = options;
  const { tileTokens, patchSize, side } = vision;
  const { tile, filter } = processor;
  const resized = { width: tile, height: tile };
  return {
    tokenId,
    sampleFrames: (video, sampling) => sampleFrames(video, sampling, maxFrames),
    tokensOf: (_, frames) => frames * tileTokens,
    resizeFrame: (frame) => resamplePillow(frame, resized, filter),
    prepareClip: (frames) => ({
      feeds: tileFeeds(frames, patchSize, processor),
      placeholder: tokenId,
      tokens: frames.length * tileTokens,
      prompt: {
        mark: "<video>",
        text: frames.map((_, index) => `Frame${index + 1}: <img><IMG_CONTEXT></img>`).join("\n"),
        spans: frames.map(() => tileTokens),
      },
      resized,
      grid: { t: frames.length, h: side, w: side },
      timeStep: 0,
    }),
  };
}

/**
 * Frames in the middle of segments of equal length (transformers `InternVLVideoProcessor.sample_frames` with
 * `initial_shift`): n = ⌊total / sourceFps · fps⌋, frame i at ⌊(i + ½) · total / n⌋. Where the reference refuses to
 * take more frames than there are, all are taken.
 */
export function sampleFrames(
  { frameCount, fps }: VideoLength,
  sampling: VideoSampling,
  maxFrames: number | undefined,
): number[] {
  const most = Math.min(sampling.maxFrames ?? maxFrames ?? frameCount, frameCount);
  const count = Math.max(1, Math.min(Math.trunc((frameCount / fps) * sampling.fps), most));
  const segment = frameCount / count;
  return Array.from({ length: count }, (_, index) => Math.trunc(segment / 2 + index * segment));
}
