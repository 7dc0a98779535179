import { existsSync } from "node:fs";
import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import {
  describeValue,
  type ParsedSource,
  parseSource,
  type SourceInput,
  SourceNotFoundError,
  throwIfAborted,
} from "@ocellus/core";
import {
  decodeImage,
  detectImageFormat,
  encodeImage,
  type OpenedSource,
  openSource,
  type Picture,
  pictureFromPixels,
  resamplePillow,
} from "@ocellus/media";
import { EncodingError } from "../errors/encoding-error.ts";
import { InvalidInputFormatError } from "../errors/invalid-input-format-error.ts";
import type { CallOptions, ClientState } from "../transport/client-state.ts";
import { fetchImage } from "./fetch-image.ts";
import { type ImageInput, type ImageList, isWireImage, iterateImages, type WireImage } from "./image-input.ts";
import { type ImageScale, type PictureSize, shrinkTo } from "./image-scale.ts";
import { readSmallFile } from "./read-small-file.ts";

/** A picture ready to be sent, and how it was reduced. */
export interface EncodedImage {
  readonly wire: WireImage;
  /** Null when the picture has the size of the original. */
  readonly scale: ImageScale | null;
  /** The value is base64 text that was made here, not a text of the caller. */
  readonly isOwnBase64: boolean;
}

/**
 * Opens a picture and brings it into the form of the API: files, bytes and base64 unchanged, raw pixels encoded, URLs
 * fetched (or passed on) as configured. With `limit`, larger pictures are reduced to fit into it; then everything
 * except an upright JPEG that fits is decoded and encoded again, as the Python client does.
 *
 * @throws InvalidInputFormatError for a value that can be no picture
 * @throws SourceNotFoundError for a path that does not exist, EncodingError for what cannot be decoded or encoded
 */
export async function encodeImageInput(
  state: ClientState,
  input: ImageInput,
  limit: PictureSize | null,
  call: CallOptions,
): Promise<EncodedImage> {
  if (isWireImage(input) && (input.type === "url" || limit === null))
    return { wire: input, scale: null, isOwnBase64: false };
  const source = classify(isWireImage(input) ? input.value : input);
  if (source.kind === "url" && state.configuration.urlImages === "send" && limit === null) {
    return { wire: { type: "url", value: source.url }, scale: null, isOwnBase64: false };
  }
  // The servers strip the prefix of a data URI themselves.
  if (limit === null && typeof input === "string" && /^data:image\/[a-z]+;base64,/.test(input)) {
    return { wire: { type: "base64", value: input }, scale: null, isOwnBase64: false };
  }
  const { signal } = call;
  throwIfAborted(signal);
  const small = source.kind === "path" && limit === null ? readSmallFile(source.path) : null;
  if (small !== null) return ownBase64(small, null);
  const opened = await openSource(source, { signal, openUrl: (url, limits) => fetchImage(state, url, limits) }).catch(
    async (error: unknown) => {
      if (source.kind === "path" && SourceNotFoundError.isInstance(error)) await requireFile(source.path);
      throw error;
    },
  );
  if (opened.kind === "bytes" && (limit === null || isUprightJpegWithin(opened.bytes, limit))) {
    return ownBase64(opened.bytes, null);
  }
  return await encodeAgain(state, opened, limit, signal);
}

/**
 * Checks a list of pictures without opening them: what they are, and that files exist.
 *
 * @throws InvalidInputFormatError, SourceNotFoundError
 */
export async function requireImages(images: ImageList): Promise<void> {
  for await (const input of iterateImages(images)) {
    if (isWireImage(input) || (typeof input === "string" && input.length > maxPathLength)) continue;
    const source = classify(input);
    if (source.kind === "path" && !existsSync(source.path)) await requireFile(source.path);
  }
}

/** Longer texts are base64, which is looked at when it is sent. */
const maxPathLength = 4096;

async function encodeAgain(
  state: ClientState,
  opened: OpenedSource,
  limit: PictureSize | null,
  signal: AbortSignal | undefined,
): Promise<EncodedImage> {
  const { imageEncoding: format, jpegQuality: quality } = state.configuration;
  try {
    const picture = await decode(opened, signal);
    const reduced = limit === null ? null : shrinkTo(picture, limit);
    const resized = reduced === null ? picture : resamplePillow(picture, reduced.sent, "bilinear");
    return ownBase64(await encodeImage(resized, { format, quality }), reduced);
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new EncodingError(`Could not load the picture ${opened.label}: ${message}`, { cause });
  }
}

function decode(opened: OpenedSource, signal: AbortSignal | undefined): Promise<Picture> | Picture {
  if (opened.kind === "pixels") return pictureFromPixels(opened.pixels, { name: opened.label });
  return decodeImage(opened.bytes, { name: opened.label, ...(signal === undefined ? {} : { signal }) });
}

function classify(input: SourceInput): ParsedSource {
  try {
    return parseSource(input, { path: "the picture" });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : `got ${describeValue(input)}`;
    throw new InvalidInputFormatError(`This is no picture: ${reason}`, { cause });
  }
}

/** Says what else a text could have been meant as, which the Python client sends to the server unseen. */
async function requireFile(path: string): Promise<void> {
  const file = path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
  await access(file).catch((cause: unknown) => {
    throw new SourceNotFoundError(
      `The picture ${describeValue(path)} is no existing file, and it is no base64 text of a picture either.`,
      { cause },
    );
  });
}

/** The size is in the frame header; an orientation other than upright needs EXIF data, which then is near the start. */
function isUprightJpegWithin(bytes: Uint8Array, limit: PictureSize): boolean {
  if (detectImageFormat(bytes) !== "jpeg") return false;
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1]!;
    const length = bytes[at + 2]! * 256 + bytes[at + 3]!;
    if (marker === 0xe1) return false;
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      const height = bytes[at + 5]! * 256 + bytes[at + 6]!;
      return height <= limit.height && bytes[at + 7]! * 256 + bytes[at + 8]! <= limit.width;
    }
    at += 2 + length;
  }
  return false;
}

function ownBase64(bytes: Uint8Array, scale: ImageScale | null): EncodedImage {
  const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
  return { wire: { type: "base64", value }, scale, isOwnBase64: true };
}
