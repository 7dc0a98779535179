import { InvalidArgumentError } from "@ocellus/core";
import type { Picture } from "./picture.ts";
import { resampleColumns } from "./resample-columns.ts";
import { type ResampleFilterName, resampleKernels } from "./resample-filter.ts";
import { resampleNearest } from "./resample-nearest.ts";
import { resampleRows } from "./resample-rows.ts";

/**
 * Resizes a picture exactly as Pillow's `Image.resize((width, height), filter)` does for 8-bit RGB: every sample is
 * equal. Two passes, each rounded and clipped to 8 bits; a pass whose size does not change is skipped. Vision-language
 * checkpoints were trained on these pixels, and other resamplers change up to 90 % of them.
 *
 * @param size target width and height in pixels, positive integers
 * @param filter default `"bicubic"`
 * @returns a new picture, or the same one when the size does not change
 * @throws InvalidArgumentError when a size is not a positive integer or the filter is unknown
 */
export function resamplePillow(
  picture: Picture,
  size: { readonly width: number; readonly height: number },
  filter: ResampleFilterName = "bicubic",
): Picture {
  const { width, height } = size;
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new InvalidArgumentError(`Cannot resize to ${width}x${height}: both sides must be positive integers.`);
  }
  if (width === picture.width && height === picture.height) return picture;
  if (filter === "nearest") return resampleNearest(picture, size);
  const kernel = resampleKernels[filter];
  if (kernel === undefined) {
    const known = ["nearest", ...Object.keys(resampleKernels)].join(", ");
    throw new InvalidArgumentError(`Unknown resampling filter "${String(filter)}"; known are ${known}.`);
  }
  const rows = (source: Picture): Picture => resampleRows(source, width, kernel);
  const columns = (source: Picture): Picture => resampleColumns(source, height, kernel);
  return isVerticalFirst(picture, size) ? rows(columns(picture)) : columns(rows(picture));
}

/** Pillow 13 begins with the columns where the height loses over twice as many pixels as the width; 12.0 did not. */
function isVerticalFirst(from: { width: number; height: number }, to: { width: number; height: number }): boolean {
  const lostRows = from.height - to.height;
  return lostRows > 0 && lostRows > (from.width - to.width) * 2;
}
