import { InvalidArgumentError } from "@ocellus/core";
import { loadSharp } from "./load-sharp.ts";
import type { Picture } from "./picture.ts";

/** Options of {@link encodeImage}. */
export interface EncodeOptions {
  /** Default `"png"` (lossless). */
  readonly format?: "png" | "jpeg" | "webp" | undefined;
  /** 1 to 100 for JPEG and WebP. Default 90. */
  readonly quality?: number | undefined;
}

/**
 * Encodes a picture as PNG, JPEG or WebP, without metadata. PNG keeps every sample.
 *
 * @throws InvalidArgumentError for an unknown format, a quality out of range, or data that does not fit the size
 * @throws MissingDependencyError when sharp is not available
 */
export async function encodeImage(picture: Picture, options: EncodeOptions = {}): Promise<Uint8Array> {
  const { format = "png", quality = 90 } = options;
  const { data, width, height } = picture;
  if (!["png", "jpeg", "webp"].includes(format)) {
    throw new InvalidArgumentError(`Unknown picture format "${String(format)}"; png, jpeg and webp can be written.`);
  }
  if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
    throw new InvalidArgumentError(`quality must be an integer from 1 to 100; got ${quality}.`);
  }
  if (data.length !== width * height * 3) {
    throw new InvalidArgumentError(
      `A picture of ${width}x${height} needs ${width * height * 3} bytes of RGB; got ${data.length}.`,
    );
  }
  const sharp = await loadSharp();
  const image = sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
  const encoded = format === "png" ? image.png() : image.toFormat(format, { quality });
  return new Uint8Array(await encoded.toBuffer());
}
