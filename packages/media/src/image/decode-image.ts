import { AbortedError, UnsupportedMediaError } from "@ocellus/core";
import { decodeBmp } from "./decode-bmp.ts";
import { decodeGif } from "./decode-gif.ts";
import { decodeWithSharp } from "./decode-with-sharp.ts";
import { describeUnreadableBytes, detectImageFormat } from "./detect-image-format.ts";
import type { Picture } from "./picture.ts";
import { assertPictureSize, defaultMaxPixels } from "./picture-size-limit.ts";
import { type SampleConversion, samplesToRgb } from "./samples-to-rgb.ts";

/** Options of {@link decodeImage}. */
export interface DecodeOptions extends Partial<SampleConversion> {
  /** What error messages call the picture: a path, a URL. Default `"the picture"`. */
  readonly name?: string;
  /** Most pixels (width · height) that are decoded. Default: 178,956,970, Pillow's decompression-bomb threshold. */
  readonly maxPixels?: number;
  /** Checked before and after the work; a decoder that runs is not interrupted. */
  readonly signal?: AbortSignal;
}

/**
 * Decodes an encoded picture to upright 8-bit RGB, sample for sample as Pillow's `ImageOps.exif_transpose` and
 * `convert("RGB")` do: EXIF orientation applied, colour profiles ignored, palettes resolved, alpha dropped, the first
 * frame of an animation, 16-bit grey clipped at 255.
 *
 * Reads JPEG, PNG, GIF, WebP, BMP and TIFF; the leading bytes decide, not a file name. Vector formats are refused.
 *
 * @throws UnsupportedMediaError for empty, foreign, damaged or oversized data; AbortedError when `signal` is aborted
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<Picture> {
  const { name = "the picture", maxPixels = defaultMaxPixels, alpha = "drop", grey16 = "clip", signal } = options;
  assertNotAborted(signal);
  if (bytes.length === 0) throw new UnsupportedMediaError(`Cannot decode ${name}: it is empty (0 bytes).`);
  const format = detectImageFormat(bytes);
  if (format === null) {
    throw new UnsupportedMediaError(
      `Cannot decode ${name}: it is ${describeUnreadableBytes(bytes)}. Supported are JPEG, PNG, GIF, WebP, BMP and TIFF.`,
    );
  }
  const limits = { name, maxPixels };
  const samples =
    format === "bmp"
      ? decodeBmp(bytes, limits)
      : format === "gif"
        ? decodeGif(bytes, limits)
        : await decodeWithSharp(bytes, { ...limits, format });
  assertNotAborted(signal);
  return samplesToRgb(samples, { alpha, grey16 });
}

/** Raw interleaved 8-bit pixels: 1 channel grey, 3 RGB, 4 RGBA. */
export interface RawPixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/**
 * Makes a picture of raw pixels. RGB data is used as it is, without a copy.
 *
 * @throws UnsupportedMediaError when size, channels and length of `data` do not agree, or exceed `maxPixels`
 */
export function pictureFromPixels(pixels: RawPixels, options: Omit<DecodeOptions, "grey16" | "signal"> = {}): Picture {
  const { name = "the raw pixels", maxPixels = defaultMaxPixels, alpha = "drop" } = options;
  const { width, height, channels } = pixels;
  if (!Number.isInteger(width) || !Number.isInteger(height)) {
    throw new UnsupportedMediaError(`Cannot use ${name}: the size ${width}x${height} is not made of integers.`);
  }
  assertPictureSize(name, width, height, maxPixels);
  if (channels !== 1 && channels !== 3 && channels !== 4) {
    throw new UnsupportedMediaError(
      `Cannot use ${name}: ${channels} channels; 1 (grey), 3 (RGB) or 4 (RGBA) are possible.`,
    );
  }
  const expected = width * height * channels;
  if (pixels.data.length !== expected) {
    throw new UnsupportedMediaError(
      `Cannot use ${name}: ${width}x${height} pixels of ${channels} channels need ${expected} bytes, not ${pixels.data.length}.`,
    );
  }
  const data = new Uint8Array(pixels.data.buffer, pixels.data.byteOffset, expected);
  return samplesToRgb({ data, width, height, channels }, { alpha, grey16: "clip" });
}

function assertNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
}
