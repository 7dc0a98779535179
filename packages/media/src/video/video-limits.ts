import { UnsupportedMediaError } from "@ocellus/core";

/** Bounds on a video, so that a hostile or wrong file cannot use up the machine. */
export interface VideoLimits {
  /** Most pixels (width · height) of a frame. Default 67,108,864, twice those of 8K. */
  readonly maxFramePixels: number;
  /** Longest video in seconds. Default 6 hours. */
  readonly maxDurationSeconds: number;
  /** Longest time in milliseconds that may be spent waiting for the decoder. Default 5 minutes. */
  readonly timeoutMs: number;
}

/** The limits that hold where a caller sets none. */
export const defaultVideoLimits: VideoLimits = {
  maxFramePixels: 2 ** 26,
  maxDurationSeconds: 6 * 3600,
  timeoutMs: 5 * 60_000,
};

/** What a decoder tells of a video; numbers that it does not know are 0. */
export interface ReportedVideo {
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
  readonly fps: number;
}

/** Frame rate that is assumed when a file does not tell its own, as transformers does. */
const assumedFps = 24;

/**
 * Checks what a decoder told of a video and completes it.
 *
 * @param label what messages call the video
 * @throws UnsupportedMediaError when the video has no frames, or exceeds a limit
 */
export function checkVideo(
  reported: ReportedVideo,
  label: string,
  limits: VideoLimits,
): ReportedVideo & { readonly durationSeconds: number } {
  const { width, height, frameCount } = reported;
  if (frameCount < 1) throw new UnsupportedMediaError(`The video ${label} has no frames.`);
  if (!(width > 0 && height > 0)) {
    throw new UnsupportedMediaError(`The video ${label} does not tell the size of its frames; it is damaged.`);
  }
  if (width * height > limits.maxFramePixels) {
    throw new UnsupportedMediaError(
      `The video ${label} has frames of ${width}x${height} pixels, more than the limit of ${limits.maxFramePixels} (maxFramePixels).`,
    );
  }
  const fps = reported.fps > 0 && Number.isFinite(reported.fps) ? reported.fps : assumedFps;
  const durationSeconds = frameCount / fps;
  if (durationSeconds > limits.maxDurationSeconds) {
    throw new UnsupportedMediaError(
      `The video ${label} lasts ${Math.round(durationSeconds)} s, longer than the limit of ${limits.maxDurationSeconds} s (maxDurationSeconds). Cut it first.`,
    );
  }
  return { width, height, frameCount, fps, durationSeconds };
}
