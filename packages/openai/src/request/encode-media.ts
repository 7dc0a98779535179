import { InvalidArgumentError, type ParsedSource, UnsupportedMediaError } from "@ocellus/core";
import { fetchUrlSafely } from "@ocellus/http";
import {
  decodeImage,
  detectImageFormat,
  encodeImage,
  type OpenUrl,
  openSource,
  openVideo,
  type Picture,
  pictureFromPixels,
  type VideoReader,
} from "@ocellus/media";
import { jpegOrientation } from "./jpeg-orientation.ts";

/** How media are opened. */
export interface MediaContext {
  readonly signal: AbortSignal;
  /** Most bytes of one picture or video. */
  readonly maxMediaBytes: number;
  /** Also fetch pictures from loopback, private and other non-public addresses. */
  readonly allowPrivateAddresses: boolean;
}

/**
 * A picture as a data URL that every server reads: upright JPEG and PNG files as they are, everything else as PNG
 * (llama.cpp refuses WebP, github.com/cline/cline/issues/8977; Ollama takes JPEG, PNG and WebP by their names only and
 * its runner fails on WebP; vLLM reads what Pillow reads).
 *
 * @throws what `openSource`, `decodeImage` and `fetchUrlSafely` throw
 */
export async function pictureDataUrl(source: ParsedSource, context: MediaContext): Promise<string> {
  const opened = await openSource(source, openOptions(context));
  const { label } = opened;
  if (opened.kind === "pixels") return await encode(pictureFromPixels(opened.pixels, { name: label }), "png");
  const { bytes } = opened;
  const format = detectImageFormat(bytes);
  if (format === "png" || (format === "jpeg" && jpegOrientation(bytes) === 1)) return dataUrl(`image/${format}`, bytes);
  return await encode(await decodeImage(bytes, { name: label, signal: context.signal }), "png");
}

/**
 * A video file as a data URL.
 *
 * @throws as {@link pictureDataUrl}
 */
export async function videoDataUrl(source: ParsedSource, context: MediaContext): Promise<string> {
  const opened = await openSource(source, openOptions(context));
  if (opened.kind === "pixels") throw new UnsupportedMediaError(`${opened.label} is raw pixels, not a video.`);
  return dataUrl(videoType(opened.bytes), opened.bytes);
}

/** Which frames of a video are taken. */
export interface FrameSampling {
  /** Frames per second. */
  readonly fps: number;
  /** Most frames; `null` for {@link defaultMaxFrames}. */
  readonly maxFrames: number | null;
}

/** Frames of a video that are sent as pictures unless the caller says otherwise: each costs hundreds of tokens. */
export const defaultMaxFrames = 32;

/**
 * Frames of a video, evenly spread from its first to its last, as data URLs of JPEG pictures.
 *
 * @throws what `openVideo` throws
 */
export async function frameDataUrls(
  source: ParsedSource,
  { fps, maxFrames }: FrameSampling,
  context: MediaContext,
): Promise<readonly string[]> {
  const video = await openVideo(source, openOptions(context));
  try {
    return await encodeFrames(video, fps, maxFrames ?? defaultMaxFrames);
  } finally {
    await video.close();
  }
}

async function encodeFrames(video: VideoReader, fps: number, maxFrames: number): Promise<readonly string[]> {
  const wanted = Math.max(1, Math.round(video.durationSeconds * fps));
  const count = Math.min(wanted, maxFrames, video.frameCount);
  const indices = Array.from({ length: count }, (_, place) =>
    count === 1 ? 0 : Math.round((place * (video.frameCount - 1)) / (count - 1)),
  );
  const urls: string[] = [];
  for await (const { picture } of video.frames(indices)) urls.push(await encode(picture, "jpeg"));
  return urls;
}

/** The address of a source that servers can open themselves; `null` for any other. */
export function addressOf(source: ParsedSource): string | null {
  return source.kind === "url" ? source.url : null;
}

/**
 * The address of a source when only addresses may be sent.
 *
 * @throws InvalidArgumentError for a source without one
 */
export function requireAddress(source: ParsedSource): string {
  const address = addressOf(source);
  if (address !== null) return address;
  throw new InvalidArgumentError(
    `imageTransport "url" sends addresses only, and ${source.label} has none. Use "auto" or "data-url".`,
  );
}

function openOptions({ signal, maxMediaBytes, allowPrivateAddresses }: MediaContext) {
  const openUrl: OpenUrl = async (url, limits) =>
    (await fetchUrlSafely(url, { ...limits, allowPrivateAddresses })).bytes;
  return { signal, maxBytes: maxMediaBytes, openUrl };
}

async function encode(picture: Picture, format: "png" | "jpeg"): Promise<string> {
  return dataUrl(`image/${format}`, await encodeImage(picture, { format }));
}

function dataUrl(mediaType: string, bytes: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = bytes;
  return `data:${mediaType};base64,${Buffer.from(buffer, byteOffset, byteLength).toString("base64")}`;
}

/** Servers decide by the content; the type only has to be one of a video. */
function videoType(bytes: Uint8Array): string {
  if (bytes[0] === 0x1a && bytes[1] === 0x45) return "video/webm";
  if (bytes[0] === 0x52 && bytes[1] === 0x49) return "video/x-msvideo";
  return "video/mp4";
}
