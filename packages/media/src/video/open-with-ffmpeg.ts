import { createVideoReader } from "./create-video-reader.ts";
import { ffmpegFrames } from "./ffmpeg-frames.ts";
import type { LocalVideoFile } from "./local-video-file.ts";
import { probeWithFfmpeg } from "./probe-with-ffmpeg.ts";
import type { RunningProgram } from "./run-program.ts";
import type { TimeBudget } from "./time-budget.ts";
import { checkVideo, type VideoLimits } from "./video-limits.ts";
import type { VideoReader } from "./video-reader.ts";

/** Where the two programs are. */
export interface FfmpegPrograms {
  readonly ffmpeg: string;
  readonly ffprobe: string;
}

/**
 * Opens a video with the programs ffprobe and ffmpeg.
 *
 * @throws UnsupportedMediaError, MissingDependencyError, TimeoutError, AbortedError
 */
export async function openWithFfmpeg(
  file: LocalVideoFile,
  programs: FfmpegPrograms,
  { limits, budget }: { readonly limits: VideoLimits; readonly budget: TimeBudget },
): Promise<VideoReader> {
  const { path, label } = file;
  const { maxFramePixels } = limits;
  const probed = await probeWithFfmpeg(programs.ffprobe, file, { maxFramePixels, budget });
  const facts = checkVideo(probed, label, limits);
  const running = new Set<RunningProgram>();
  const video = { ffmpeg: programs.ffmpeg, path, label, probed, maxFramePixels, budget, running };
  return createVideoReader(facts, label, {
    frames: (indices) => ffmpegFrames(video, indices),
    close: async () => {
      await Promise.all([...running].map((program) => program.kill()));
      await file.remove();
    },
  });
}
