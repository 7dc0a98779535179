import { UnsupportedMediaError } from "@ocellus/core";
import { roundHalfEven } from "../pictures/round-half-even.ts";

/** Width and height in pixels. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The size that Qwen vision towers want: both sides multiples of `factor`, the area within [minPixels, maxPixels],
 * the aspect ratio as close as that allows (specs/vlm.md B0, `smart_resize`).
 *
 * @throws UnsupportedMediaError when the longer side is over 200 times the shorter one
 */
export function smartResize(
  size: PixelSize,
  limits: { readonly factor: number; readonly minPixels: number; readonly maxPixels: number },
): PixelSize {
  const { width, height } = size;
  const { factor, minPixels, maxPixels } = limits;
  if (Math.max(width, height) / Math.min(width, height) > 200) {
    throw new UnsupportedMediaError(
      `A picture of ${width}×${height} pixels is too elongated: the longer side may be at most 200 times the shorter one. Crop it.`,
    );
  }
  const fit = (side: number): number => roundHalfEven(side / factor) * factor;
  const area = fit(height) * fit(width);
  if (area > maxPixels) {
    const beta = Math.sqrt((height * width) / maxPixels);
    const shrink = (side: number): number => Math.max(factor, Math.floor(side / beta / factor) * factor);
    return { width: shrink(width), height: shrink(height) };
  }
  if (area < minPixels) {
    const beta = Math.sqrt(minPixels / (height * width));
    const grow = (side: number): number => Math.ceil((side * beta) / factor) * factor;
    return { width: grow(width), height: grow(height) };
  }
  return { width: fit(width), height: fit(height) };
}
