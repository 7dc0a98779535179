/** Values of `bits` bits each from 32-bit words, the first in the lowest bits; values may cross words. */
export function unpackBits(word: (index: number) => number, bits: number, index: number): number {
  const bit = index * bits;
  const at = bit >>> 5;
  const shift = bit & 31;
  const mask = 2 ** bits - 1;
  const low = word(at) >>> shift;
  return (shift + bits <= 32 ? low : low | (word(at + 1) << (32 - shift))) & mask;
}
