/**
 * Weights and the same memory as integers. Without their signs the bit patterns of float32 order like the magnitudes, with
 * infinity and NaN above all numbers: a maximum over them needs no conditional jumps, which random weights make costly,
 * and finds weights that are not finite as well.
 */
export interface WeightBits {
  readonly weights: Float32Array;
  readonly bits: Int32Array;
}

/** All bits of a float32 but its sign. */
const magnitudeMask = 0x7fff_ffff;

const cell: WeightBits = withBits(new Float32Array(1));

/** Adds the view of the bits to weights. */
export function withBits(weights: Float32Array): WeightBits {
  return { weights, bits: new Int32Array(weights.buffer, weights.byteOffset, weights.length) };
}

/** The largest magnitude among `length` weights from `start` on; NaN or Infinity when one is not finite. */
export function largestMagnitude({ bits }: WeightBits, start: number, length: number): number {
  return floatOf(largestBits(bits, start, length));
}

/** The weight of largest magnitude, with its sign; the negative one where both signs occur. NaN or ±Infinity as above. */
export function signedExtreme({ bits }: WeightBits, start: number, length: number): number {
  const positive = largestBits(bits, start, length);
  const negative = positive | ~magnitudeMask;
  for (let index = start, end = start + length; index < end; index++) {
    if (bits[index] === negative) return floatOf(negative);
  }
  return floatOf(positive);
}

function largestBits(bits: Int32Array, start: number, length: number): number {
  // Two maxima take turns, because each step waits for the one before.
  let one = 0;
  let other = 0;
  const end = start + length;
  let index = start;
  for (; index + 1 < end; index += 2) {
    const aboveOne = (bits[index]! & magnitudeMask) - one;
    const aboveOther = (bits[index + 1]! & magnitudeMask) - other;
    one += aboveOne & ~(aboveOne >> 31);
    other += aboveOther & ~(aboveOther >> 31);
  }
  if (index < end) one = Math.max(one, bits[index]! & magnitudeMask);
  return Math.max(one, other);
}

function floatOf(bits: number): number {
  cell.bits[0] = bits;
  return cell.weights[0]!;
}
