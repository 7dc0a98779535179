import { UnsupportedMediaError } from "@ocellus/core";
import { roundHalfEven } from "../pictures/round-half-even.ts";
import type { PixelSize } from "../qwen-vision/smart-resize.ts";
import type { Qwen3VideoProcessor } from "./processor-config.ts";
import type { Qwen3VisionConfig } from "./vision-config.ts";

/**
 * The size of the frames of a clip: both sides multiples of a merged cell, the pixels of all frames together within
 * the processor's bounds (transformers `smart_resize` of Qwen3-VL's video processor; specs/vlm.md B2 "Video size").
 *
 * @throws UnsupportedMediaError when the longer side is over 200 times the shorter one
 */
export function fitClip(
  size: PixelSize,
  frames: number,
  options: { readonly processor: Qwen3VideoProcessor; readonly vision: Qwen3VisionConfig },
): PixelSize {
  const { processor, vision } = options;
  const factor = vision.patchSize * vision.mergeSize;
  const { width, height } = atLeastOneCell(size, factor);
  const slices = Math.max(1, roundHalfEven(frames / vision.temporalPatchSize)) * vision.temporalPatchSize;
  const most = clipPixels(processor, factor, frames);
  const maxPixels = Math.min(most, slices * (processor.frame.maxPixels ?? Infinity));
  const minPixels = Math.min(maxPixels, Math.max(processor.minPixels, slices * (processor.frame.minPixels ?? 0)));
  const fit = (side: number): number => roundHalfEven(side / factor) * factor;
  const volume = slices * fit(height) * fit(width);
  if (volume > maxPixels) {
    const beta = Math.sqrt((frames * height * width) / maxPixels);
    const shrink = (side: number): number => Math.max(factor, Math.floor(side / beta / factor) * factor);
    return { width: shrink(width), height: shrink(height) };
  }
  if (volume < minPixels) {
    const beta = Math.sqrt(minPixels / (frames * height * width));
    const grow = (side: number): number => Math.ceil((side * beta) / factor) * factor;
    return { width: grow(width), height: grow(height) };
  }
  return { width: fit(width), height: fit(height) };
}

/** Largest area of all frames together. */
function clipPixels(
  { minPixels, maxPixels, frameTokens }: Qwen3VideoProcessor,
  factor: number,
  frames: number,
): number {
  if (frameTokens === undefined) return maxPixels;
  const share = Math.min(frameTokens * factor ** 2, Math.floor(maxPixels / frames));
  return Math.max(share, Math.trunc(minPixels * 1.05)) * frames;
}

function atLeastOneCell({ width, height }: PixelSize, factor: number): PixelSize {
  if (Math.max(width, height) / Math.min(width, height) > 200) {
    throw new UnsupportedMediaError(
      `Frames of ${width}×${height} pixels are too elongated: the longer side may be at most 200 times the shorter one. Crop them.`,
    );
  }
  const scale = Math.max(1, factor / width, factor / height);
  return { width: Math.trunc(width * scale), height: Math.trunc(height * scale) };
}
