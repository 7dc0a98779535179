import { resamplePillow } from "@ocellus/media";
import { roundHalfEven } from "../../blocks/pictures/round-half-even.ts";
import { tileFeeds } from "../../blocks/pictures/tile-feeds.ts";
import type { VideoInput, VideoLength, VideoSampling } from "../model-family.ts";
import type { SmolVlmConfig } from "./config.ts";
import type { SmolVlmVideoProcessor } from "./processor-config.ts";
import { withLongestEdge } from "./tile-picture.ts";
import { clipPrompt } from "./visual-prompt.ts";

/** Seconds that are left out at either end of a long video (transformers `skip_secs`). */
const skippedSeconds = 1;

/** How SmolVLM2 takes videos: each frame is one tile, under its time (specs/vlm.md B8 "Video"). */
export function videoInput({ vision, imageTokenId }: SmolVlmConfig, processor: SmolVlmVideoProcessor): VideoInput {
  const { tileTokens, patchSize, side } = vision;
  const { tile, longestEdge, filter } = processor;
  const resized = { width: tile, height: tile };
  return {
    tokenId: imageTokenId,
    sampleFrames: (video, sampling) => sampleFrames(video, sampling, processor.maxFrames),
    tokensOf: (_, frames) => frames * tileTokens,
    resizeFrame: (frame) =>
      resamplePillow(resamplePillow(frame, withLongestEdge(frame, longestEdge), filter), resized, filter),
    prepareClip: (frames, timing) => ({
      feeds: tileFeeds(frames, patchSize, processor),
      placeholder: imageTokenId,
      tokens: frames.length * tileTokens,
      prompt: clipPrompt(timing, tileTokens),
      resized,
      grid: { t: frames.length, h: side, w: side },
      timeStep: 0,
    }),
  };
}

/**
 * Frames at an even distance between the ends, without the first and last second where the video is long enough
 * (transformers `SmolVLMVideoProcessor.sample_frames`).
 */
export function sampleFrames(video: VideoLength, sampling: VideoSampling, maxFrames: number): number[] {
  const { frameCount, fps } = video;
  const most = sampling.maxFrames ?? maxFrames;
  const duration = frameCount / fps;
  const wanted = Math.max(1, Math.min(roundHalfEven(sampling.fps * duration), most));
  const skips = duration - 2 * skippedSeconds > most * sampling.fps;
  let first = skips ? Math.trunc(skippedSeconds * fps) : 0;
  let last = skips ? Math.min(Math.trunc(frameCount - skippedSeconds * fps), frameCount - 1) : frameCount - 1;
  if (first >= last) [first, last] = [0, frameCount - 1];
  const step = wanted === 1 ? 0 : (last - first) / (wanted - 1);
  const places = Array.from({ length: wanted }, (_, index) => Math.trunc(first + index * step));
  return [...new Set(places)];
}
