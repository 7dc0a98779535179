import type { Picture } from "./picture.ts";
import { coefficientBits, computeAxisCoefficients } from "./resample-coefficients.ts";
import type { ResampleKernel } from "./resample-filter.ts";

const half = 1 << (coefficientBits - 1);

/** Up to four weighted source rows; a missing one is the first with weight 0, so that no read leaves the array. */
interface RowGroup {
  readonly source: Uint8Array;
  readonly length: number;
  /** First samples of the four rows. */
  readonly rows: readonly [number, number, number, number];
  readonly weights: readonly [number, number, number, number];
}

/**
 * Vertical pass of the resampler: resizes every column to `height`. One output row at a time, four source rows a sweep,
 * so that memory is read in order and the int32 sums of the row stay in the cache; the last sweep rounds and clips.
 */
export function resampleColumns(picture: Picture, height: number, kernel: ResampleKernel): Picture {
  if (height === picture.height) return picture;
  const { data: source, width } = picture;
  const { starts, counts, weights, stride } = computeAxisCoefficients(picture.height, height, kernel);
  const length = width * 3;
  const result = new Uint8ClampedArray(length * height);
  const zeros = new Int32Array(length).fill(half);
  const sums = new Int32Array(length);
  const group = (y: number, t: number): RowGroup => {
    const first = (starts[y]! + t) * length;
    const has = (i: number): boolean => t + i < counts[y]!;
    const row = (i: number): number => (has(i) ? first + i * length : first);
    const weight = (i: number): number => (has(i) ? weights[y * stride + t + i]! : 0);
    return {
      source,
      length,
      rows: [first, row(1), row(2), row(3)],
      weights: [weight(0), weight(1), weight(2), weight(3)],
    };
  };
  for (let y = 0; y < height; y++) {
    const last = ((counts[y]! - 1) >> 2) << 2;
    let start = zeros;
    for (let t = 0; t < last; t += 4) {
      addRows(start, sums, group(y, t));
      start = sums;
    }
    finishRows(start, result, y * length, group(y, last));
  }
  return { data: new Uint8Array(result.buffer), width, height };
}

function addRows(start: Int32Array, sums: Int32Array, { source, length, rows, weights }: RowGroup): void {
  const [r0, r1, r2, r3] = rows;
  const [w0, w1, w2, w3] = weights;
  for (let x = 0; x < length; x++) {
    const near = (Math.imul(source[r0 + x]!, w0) + Math.imul(source[r1 + x]!, w1)) | 0;
    const far = (Math.imul(source[r2 + x]!, w2) + Math.imul(source[r3 + x]!, w3)) | 0;
    sums[x] = (start[x]! + near + far) | 0;
  }
}

function finishRows(
  start: Int32Array,
  result: Uint8ClampedArray,
  target: number,
  { source, length, rows, weights }: RowGroup,
): void {
  const [r0, r1, r2, r3] = rows;
  const [w0, w1, w2, w3] = weights;
  for (let x = 0; x < length; x++) {
    const near = (Math.imul(source[r0 + x]!, w0) + Math.imul(source[r1 + x]!, w1)) | 0;
    const far = (Math.imul(source[r2 + x]!, w2) + Math.imul(source[r3 + x]!, w3)) | 0;
    result[target + x] = ((start[x]! + near + far) | 0) >> coefficientBits;
  }
}
