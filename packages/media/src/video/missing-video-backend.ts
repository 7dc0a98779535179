import { MissingDependencyError } from "@ocellus/core";

const ffmpegHint = "apt install ffmpeg, brew install ffmpeg or winget install ffmpeg";

/** The error when ffmpeg or ffprobe was asked for and cannot be run. */
export function missingFfmpeg(program: "ffmpeg" | "ffprobe", cause?: unknown): MissingDependencyError {
  const state = cause === undefined ? "was not found on PATH" : "could not be started";
  return new MissingDependencyError(
    `Reading this video needs the program ${program}, which ${state}. Install FFmpeg: ${ffmpegHint}.`,
    { packageName: program, installHint: ffmpegHint, cause },
  );
}

/** The error when no backend at all can read a video. */
export function missingVideoBackend(cause: unknown): MissingDependencyError {
  const installHint = `${ffmpegHint}; or npm install node-av`;
  return new MissingDependencyError(
    `Reading videos needs FFmpeg, as a program on PATH or as the npm package node-av; neither was found. Install one: ${installHint}.`,
    { packageName: "ffmpeg", installHint, cause },
  );
}
