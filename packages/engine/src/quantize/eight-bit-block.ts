import { largestMagnitude, type WeightBits } from "./weight-bits.ts";

/**
 * The scale for one block of 8-bit values: largest magnitude / 127. A search is not worth its time here: the
 * error is a fifteenth of the 4-bit one already.
 *
 * @returns 0 for a block of zeros, NaN or Infinity when a weight is not finite
 */
export function eightBitScale(source: WeightBits, start: number, length: number): number {
  return largestMagnitude(source, start, length) / 127;
}

/** Writes one block of 8-bit values, 128 standing for zero. */
export function packEightBit(
  weights: Float32Array,
  start: number,
  length: number,
  scale: number,
  packed: Uint8Array,
  offset: number,
): void {
  const inverse = scale === 0 ? 0 : 1 / scale;
  const shift = offset - start;
  for (let index = start, end = start + length; index < end; index++) {
    packed[index + shift] = weights[index]! * inverse + 128.5;
  }
}
