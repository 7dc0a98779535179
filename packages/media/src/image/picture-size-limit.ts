import { UnsupportedMediaError } from "@ocellus/core";

/** Largest picture that is decoded by default, in pixels: Pillow's decompression-bomb error threshold. */
export const defaultMaxPixels: number = 2 * 89_478_485;

/**
 * Checks the size that a file header claims, before anything is allocated for it.
 *
 * @param name what messages call the picture
 * @throws UnsupportedMediaError when a side is not positive or there are more than `maxPixels` pixels
 */
export function assertPictureSize(name: string, width: number, height: number, maxPixels: number): void {
  if (!(width > 0 && height > 0)) {
    throw new UnsupportedMediaError(`Cannot decode ${name}: its header claims a size of ${width}x${height} pixels.`);
  }
  if (width * height > maxPixels) {
    throw new UnsupportedMediaError(
      `Cannot decode ${name}: ${width}x${height} pixels are more than the limit of ${maxPixels}. ` +
        "Scale the picture down first, or raise maxPixels if you trust it.",
    );
  }
}
