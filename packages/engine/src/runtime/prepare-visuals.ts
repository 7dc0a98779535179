import {
  type ChatMessage,
  type FramesPart,
  GenerationError,
  UnsupportedMediaError,
  type VideoPart,
} from "@ocellus/core";
import { fetchUrlSafely } from "@ocellus/http";
import { type OpenUrl, openPicture, openVideo, type Picture, type VideoBackend } from "@ocellus/media";
import type { ClipTiming, FamilyModel, PreparedVisual, VideoInput } from "../families/model-family.ts";
import { yieldToEvents } from "./yield-to-events.ts";

/** Frame rate of sampled frames whose source rate the caller does not tell, as transformers assumes it. */
const assumedFps = 24;

/** What surrounds the opening of sources. */
export interface SourceContext {
  readonly signal: AbortSignal;
  /** Open `http(s)` sources at private, loopback and link-local addresses too. */
  readonly allowPrivateAddresses: boolean;
  readonly videoBackend: VideoBackend | "auto";
}

interface Opening {
  readonly videoBackend: VideoBackend | "auto";
  readonly signal: AbortSignal;
  readonly openUrl: OpenUrl;
}

/**
 * Opens, decodes and preprocesses the pictures and videos of a chat, in order.
 *
 * @throws UnsupportedMediaError, SourceNotFoundError, GenerationError for a clip beyond the context, …
 */
export async function prepareVisuals(
  model: FamilyModel,
  messages: readonly ChatMessage[],
  { signal, allowPrivateAddresses, videoBackend }: SourceContext,
): Promise<PreparedVisual[]> {
  const openUrl: OpenUrl = async (url, limits) =>
    (await fetchUrlSafely(url, { ...limits, allowPrivateAddresses })).bytes;
  const opening = { signal, openUrl, videoBackend };
  const visuals: PreparedVisual[] = [];
  const parts = messages.flatMap(({ content }) => content);
  const pictures = parts.filter(({ type }) => type === "image").length;
  for (const part of parts) {
    if (part.type === "text") continue;
    await yieldToEvents(signal);
    visuals.push(
      part.type === "image"
        ? model.prepareImage(await openPicture(part.source, { signal, openUrl }), pictures)
        : await prepareClip(model, part, opening),
    );
  }
  return visuals;
}

async function prepareClip(
  model: FamilyModel,
  part: VideoPart | FramesPart,
  opening: Opening,
): Promise<PreparedVisual> {
  const { video } = model;
  if (video === undefined) {
    throw new UnsupportedMediaError(`This ${model.family} checkpoint takes no videos. Give single frames as pictures.`);
  }
  const limits = { video, contextLength: model.decoder.contextLength };
  return "frames" in part ? await prepareFrames(limits, part, opening) : await prepareVideo(limits, part, opening);
}

interface ClipLimits {
  readonly video: VideoInput;
  readonly contextLength: number;
}

/** Samples a video file. Only the chosen frames are kept, and those at the size that the model sees. */
async function prepareVideo(limits: ClipLimits, part: VideoPart, opening: Opening): Promise<PreparedVisual> {
  const { video } = limits;
  const reader = await openVideo(part.source, opening);
  try {
    const chosen = video.sampleFrames(reader, part);
    assertFits(limits, reader, chosen.length);
    const frames: Picture[] = [];
    // A damaged video may hold fewer frames than were chosen.
    const indices: number[] = [];
    for await (const { index, picture } of reader.frames(chosen)) {
      await yieldToEvents(opening.signal);
      frames.push(video.resizeFrame(picture, chosen.length));
      indices.push(index);
    }
    const { frameCount, fps } = reader;
    return video.prepareClip(frames, {
      sampledFps: (chosen.length / frameCount) * fps,
      sourceFps: fps,
      indices,
      frameCount,
    });
  } finally {
    await reader.close();
  }
}

/** Takes frames that the caller has sampled. */
async function prepareFrames(limits: ClipLimits, part: FramesPart, opening: Opening): Promise<PreparedVisual> {
  const frames: Picture[] = [];
  for (const source of part.frames) {
    await yieldToEvents(opening.signal);
    const picture = await openPicture(source, { signal: opening.signal, openUrl: opening.openUrl });
    if (frames.length === 0) assertFits(limits, picture, part.frames.length);
    frames.push(limits.video.resizeFrame(picture, part.frames.length));
  }
  return limits.video.prepareClip(frames, timingOf(part));
}

/** Where frames that the caller has sampled stood in their video; without a word on it, one after the other. */
function timingOf(part: FramesPart): ClipTiming {
  const indices = part.frameIndices ?? part.frames.map((_, index) => index);
  const frameCount = part.totalFrames ?? indices.at(-1)! + 1;
  return { sampledFps: sampledFps(part), sourceFps: part.fps ?? assumedFps, indices, frameCount };
}

/** Frames of the clip per second of the source (transformers `VideoMetadata.sampled_fps`). */
function sampledFps({ frames, fps, frameIndices, totalFrames }: FramesPart): number {
  const sourceFps = fps ?? assumedFps;
  if (totalFrames !== null) return (frames.length / totalFrames) * sourceFps;
  const distance = frameIndices === null ? 0 : frameIndices.at(-1)! - frameIndices[0]!;
  return distance > 0 ? ((frames.length - 1) / distance) * sourceFps : sourceFps;
}

/** @throws GenerationError before anything is decoded when the clip alone would overflow the context */
function assertFits(
  { video, contextLength }: ClipLimits,
  size: { readonly width: number; readonly height: number },
  frames: number,
): void {
  const tokens = video.tokensOf(size, frames);
  if (tokens < contextLength) return;
  throw new GenerationError(
    `A clip of ${frames} frames of ${size.width}x${size.height} pixels needs ${tokens} tokens, but the model's context holds ${contextLength}. Lower fps or maxFrames, or load the model with a smaller maxPixels.`,
  );
}
