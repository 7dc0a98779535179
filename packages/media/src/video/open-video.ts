import { open } from "node:fs/promises";
import { InvalidArgumentError, type ParsedSource, UnsupportedMediaError } from "@ocellus/core";
import { detectImageFormat, type ImageFormat } from "../image/detect-image-format.ts";
import { type OpenSourceOptions, openSource } from "../source/open-source.ts";
import { findProgram } from "./find-program.ts";
import { loadNodeAv } from "./load-node-av.ts";
import { existingVideoFile, type LocalVideoFile, temporaryVideoFile } from "./local-video-file.ts";
import { missingFfmpeg, missingVideoBackend } from "./missing-video-backend.ts";
import { openAnimation } from "./open-animation.ts";
import { openWithFfmpeg } from "./open-with-ffmpeg.ts";
import { openWithNodeAv } from "./open-with-node-av.ts";
import { TimeBudget } from "./time-budget.ts";
import { defaultVideoLimits, type VideoLimits } from "./video-limits.ts";
import type { VideoReader } from "./video-reader.ts";

/** What decodes videos: the program `ffmpeg` (with `ffprobe`) on PATH, or the npm package `node-av`. */
export type VideoBackend = "ffmpeg" | "node-av";

/** Options of {@link openVideo}. */
export interface OpenVideoOptions extends OpenSourceOptions, Partial<VideoLimits> {
  /** `"auto"` (default): ffmpeg when it is on PATH, else node-av when it is installed. */
  readonly videoBackend?: VideoBackend | "auto" | undefined;
}

interface OpenContext {
  readonly limits: VideoLimits;
  readonly budget: TimeBudget;
}

/**
 * Opens a video: MP4, MOV, Matroska, WebM, AVI, MPEG and the like with FFmpeg, animated GIF and WebP with sharp. A path
 * is read where it lies; bytes and what a URL gives (through `openUrl`) go to a temporary file until the reader is
 * closed. The content decides what a file is, not its name.
 *
 * @throws UnsupportedMediaError for what is no video, is damaged, has no frames or exceeds a limit
 * @throws MissingDependencyError when the file needs FFmpeg and neither ffmpeg nor node-av is there
 * @throws SourceNotFoundError, TimeoutError, AbortedError, InvalidArgumentError
 */
export async function openVideo(source: ParsedSource, options: OpenVideoOptions = {}): Promise<VideoReader> {
  const { videoBackend = "auto" } = options;
  if (!["auto", "ffmpeg", "node-av"].includes(videoBackend)) {
    throw new InvalidArgumentError(
      `videoBackend must be "auto", "ffmpeg" or "node-av", got "${String(videoBackend)}".`,
    );
  }
  const limits: VideoLimits = {
    maxFramePixels: options.maxFramePixels ?? defaultVideoLimits.maxFramePixels,
    maxDurationSeconds: options.maxDurationSeconds ?? defaultVideoLimits.maxDurationSeconds,
    timeoutMs: options.timeoutMs ?? defaultVideoLimits.timeoutMs,
  };
  const budget = new TimeBudget(limits.timeoutMs, `Reading the video ${source.label}`, options.signal);
  const context = { limits, budget };
  if (source.kind === "path") {
    const file = await existingVideoFile(source.path, source.label);
    if (isAnimation(detectImageFormat(await readStart(file.path)), source.label)) {
      return await openAnimation(await readBytes(source, options), source.label, context);
    }
    return await openContainer(file, videoBackend, context);
  }
  const bytes = await readBytes(source, options);
  if (isAnimation(detectImageFormat(bytes), source.label)) return await openAnimation(bytes, source.label, context);
  return await openContainer(await temporaryVideoFile(bytes, source.label), videoBackend, context);
}

/** @throws UnsupportedMediaError for a format that only holds still pictures */
function isAnimation(format: ImageFormat | null, label: string): boolean {
  if (format === null) return false;
  if (format === "gif" || format === "webp") return true;
  throw new UnsupportedMediaError(
    `The file ${label} is a picture (${format.toUpperCase()}), not a video. Give it as a picture.`,
  );
}

async function readStart(path: string): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(64), 0, 64, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function readBytes(source: ParsedSource, options: OpenSourceOptions): Promise<Uint8Array> {
  const { signal, maxBytes, openUrl } = options;
  const opened = await openSource(source, { signal, maxBytes, openUrl });
  if (opened.kind === "bytes") return opened.bytes;
  throw new UnsupportedMediaError(`The source ${source.label} is raw pixels, not a video. Give it as a picture.`);
}

/** Takes over the file: it is removed when opening fails or the reader is closed. */
async function openContainer(
  file: LocalVideoFile,
  backend: VideoBackend | "auto",
  context: OpenContext,
): Promise<VideoReader> {
  try {
    return await chooseBackend(file, backend, context);
  } catch (error) {
    await file.remove();
    throw error;
  }
}

async function chooseBackend(
  file: LocalVideoFile,
  backend: VideoBackend | "auto",
  context: OpenContext,
): Promise<VideoReader> {
  if (backend !== "node-av") {
    const [ffmpeg, ffprobe] = await Promise.all([findProgram("ffmpeg"), findProgram("ffprobe")]);
    if (ffmpeg !== undefined && ffprobe !== undefined) return await openWithFfmpeg(file, { ffmpeg, ffprobe }, context);
    if (backend === "ffmpeg") throw missingFfmpeg(ffmpeg === undefined ? "ffmpeg" : "ffprobe");
  }
  const av = await loadNodeAv().catch((cause: unknown) => {
    throw backend === "auto" ? missingVideoBackend(cause) : cause;
  });
  return await openWithNodeAv(file, av, context);
}
