import type { VideoLength, VideoSampling } from "../model-family.ts";

/** Bounds on the frames of a clip. */
export interface FrameBounds {
  readonly minFrames: number;
  readonly maxFrames: number;
  /** Frames that make up one temporal patch; clips are cut to a multiple of it. */
  readonly temporalPatchSize: number;
}

/**
 * Chooses frames at an even distance (specs/vlm.md B1 "Video"; transformers `Qwen2VLVideoProcessor.sample_frames`):
 * n = total / sourceFps · fps, clamped to [minFrames, maxFrames] and to the video, cut to a multiple of the temporal
 * patch; frame i is at ⌊i · total / n⌋. A video shorter than one temporal patch gives its first frame alone, where the
 * reference divides by zero.
 */
export function sampleFrames(video: VideoLength, sampling: VideoSampling, bounds: FrameBounds): number[] {
  const { frameCount, fps } = video;
  const { minFrames, temporalPatchSize } = bounds;
  const whole = (frames: number): number => Math.floor(frames / temporalPatchSize) * temporalPatchSize;
  const most = whole(Math.min(sampling.maxFrames ?? bounds.maxFrames, frameCount));
  const wanted = (frameCount / fps) * sampling.fps;
  const count = Math.max(1, whole(Math.min(Math.max(wanted, minFrames), most, frameCount)));
  const distance = frameCount / count;
  // The reference computes the places in float32.
  return Array.from({ length: count }, (_, index) =>
    Math.min(Math.trunc(Math.fround(index * distance)), frameCount - 1),
  );
}
