import { InvalidArgumentError } from "@ocellus/core";
import type { Picture } from "./picture.ts";
import { coefficientBits, computeAxisCoefficients } from "./resample-coefficients.ts";
import { type ResampleFilterName, type ResampleKernel, resampleKernels } from "./resample-filter.ts";
import { resampleNearest } from "./resample-nearest.ts";

const half = 1 << (coefficientBits - 1);

/**
 * Resizes a picture exactly as Pillow's `Image.resize((width, height), filter)` does for 8-bit RGB: every sample is
 * equal. Two passes, each rounded and clipped to 8 bits; a pass whose size does not change is skipped. Vision-language checkpoints were trained on these pixels, and other resamplers change up to 90 % of them.
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

/** Pillow 13 runs the vertical pass first where the height loses over twice as many pixels as the width; older ones never. */
function isVerticalFirst(from: { width: number; height: number }, to: { width: number; height: number }): boolean {
  const lostRows = from.height - to.height;
  return lostRows > 0 && lostRows > (from.width - to.width) * 2;
}

/** Horizontal pass. Sums stay within int32 by the choice of {@link coefficientBits}; a clamped array clips them. */
function resampleRows(picture: Picture, width: number, kernel: ResampleKernel): Picture {
  if (width === picture.width) return picture;
  const { data: source, height } = picture;
  const { starts, counts, weights, stride } = computeAxisCoefficients(picture.width, width, kernel);
  const result = new Uint8ClampedArray(width * height * 3);
  let out = 0;
  for (let y = 0; y < height; y++) {
    const row = y * picture.width;
    for (let x = 0; x < width; x++) {
      let red = half;
      let green = half;
      let blue = half;
      let at = ((row + starts[x]!) * 3) | 0;
      let w = (x * stride) | 0;
      const end = (w + counts[x]!) | 0;
      for (; w < end; w++, at += 3) {
        const weight = weights[w]!;
        red = (red + Math.imul(source[at]!, weight)) | 0;
        green = (green + Math.imul(source[at + 1]!, weight)) | 0;
        blue = (blue + Math.imul(source[at + 2]!, weight)) | 0;
      }
      result[out] = red >> coefficientBits;
      result[out + 1] = green >> coefficientBits;
      result[out + 2] = blue >> coefficientBits;
      out += 3;
    }
  }
  return { data: new Uint8Array(result.buffer), width, height };
}

/**
 * Vertical pass: one output row at a time, adding four source rows per sweep, so that memory is read in order and the
 * int32 sums of the row stay in the cache.
 */
function resampleColumns(picture: Picture, height: number, kernel: ResampleKernel): Picture {
  if (height === picture.height) return picture;
  const { data: source, width } = picture;
  const { starts, counts, weights, stride } = computeAxisCoefficients(picture.height, height, kernel);
  const rowLength = width * 3;
  const result = new Uint8ClampedArray(rowLength * height);
  const sums = new Int32Array(rowLength);
  for (let y = 0; y < height; y++) {
    const first = starts[y]! * rowLength;
    const count = counts[y]!;
    sums.fill(half);
    for (let t = 0; t < count; t += 4) {
      addFourRows(sums, source, first + t * rowLength, weights, y * stride + t, Math.min(4, count - t));
    }
    const target = y * rowLength;
    for (let x = 0; x < rowLength; x++) result[target + x] = sums[x]! >> coefficientBits;
  }
  return { data: new Uint8Array(result.buffer), width, height };
}

/** Adds `rows` (1 to 4) weighted rows; a missing row is the first one with weight 0, so that no read leaves the array. */
function addFourRows(
  sums: Int32Array,
  source: Uint8Array,
  first: number,
  weights: Int32Array,
  w: number,
  rows: number,
): void {
  const length = sums.length;
  const w0 = weights[w]!;
  const w1 = rows > 1 ? weights[w + 1]! : 0;
  const w2 = rows > 2 ? weights[w + 2]! : 0;
  const w3 = rows > 3 ? weights[w + 3]! : 0;
  const r1 = rows > 1 ? first + length : first;
  const r2 = rows > 2 ? first + 2 * length : first;
  const r3 = rows > 3 ? first + 3 * length : first;
  for (let x = 0; x < length; x++) {
    const near = (Math.imul(source[first + x]!, w0) + Math.imul(source[r1 + x]!, w1)) | 0;
    const far = (Math.imul(source[r2 + x]!, w2) + Math.imul(source[r3 + x]!, w3)) | 0;
    sums[x] = (sums[x]! + near + far) | 0;
  }
}
