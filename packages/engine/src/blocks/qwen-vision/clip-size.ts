import { UnsupportedMediaError } from "@ocellus/core";
import type { Picture } from "@ocellus/media";
import type { PixelSize } from "./smart-resize.ts";

/**
 * The size that all frames of a clip have.
 *
 * @throws UnsupportedMediaError when they differ
 */
export function clipSize(frames: readonly Picture[]): PixelSize {
  const { width, height } = frames[0]!;
  const odd = frames.find((frame) => frame.width !== width || frame.height !== height);
  if (odd === undefined) return { width, height };
  throw new UnsupportedMediaError(
    `The frames of a clip must have one size; after resizing there are ${width}x${height} and ${odd.width}x${odd.height} pixels.`,
  );
}
