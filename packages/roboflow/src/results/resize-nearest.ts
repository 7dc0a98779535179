import type { PictureSize } from "../images/image-scale.ts";

/** One byte a pixel in another size: each pixel is that of the nearest place in the original. */
export function resizeNearest(pixels: ArrayLike<number>, from: PictureSize, to: PictureSize): Uint8Array {
  const resized = new Uint8Array(to.width * to.height);
  for (let y = 0; y < to.height; y++) {
    const row = Math.floor(((y + 0.5) * from.height) / to.height) * from.width;
    for (let x = 0; x < to.width; x++) {
      resized[y * to.width + x] = pixels[row + Math.floor(((x + 0.5) * from.width) / to.width)]!;
    }
  }
  return resized;
}
