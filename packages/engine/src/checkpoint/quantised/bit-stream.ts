/** Values of `bits` bits each from 32-bit words, the first in the lowest bits; values may cross words. */
export function unpackBits(word: (index: number) => number, bits: number, index: number): number {
  const bit = index * bits;
  const at = bit >>> 5;
  const shift = bit & 31;
  const mask = 2 ** bits - 1;
  const low = word(at) >>> shift;
  return (shift + bits <= 32 ? low : low | (word(at + 1) << (32 - shift))) & mask;
}

/** Where the words of several rows of packed values lie. */
export interface PackedRows {
  readonly words: Int32Array;
  readonly bits: number;
  /** Place of a row's first word, and how far apart its words and those of neighbouring rows are. */
  readonly start: number;
  readonly wordStep: number;
  readonly rowStep: number;
}

/** The values [count, length] of rows of packed values. */
export function unpackRows(packed: PackedRows, count: number, length: number): Uint8Array {
  const { words, bits, start, wordStep, rowStep } = packed;
  const values = new Uint8Array(count * length);
  if (32 % bits !== 0) {
    for (let index = 0; index < values.length; index++) {
      const row = Math.floor(index / length);
      const word = (at: number): number => words[start + row * rowStep + at * wordStep]!;
      values[index] = unpackBits(word, bits, index - row * length);
    }
    return values;
  }
  const mask = 2 ** bits - 1;
  const perWord = 32 / bits;
  // Words outside, rows inside: where rows are neighbours in memory they are read in order.
  for (let first = 0; first < length; first += perWord) {
    const place = start + (first / perWord) * wordStep;
    const end = Math.min(perWord, length - first);
    for (let row = 0; row < count; row++) {
      const word = words[place + row * rowStep]!;
      const target = row * length + first;
      for (let k = 0; k < end; k++) values[target + k] = (word >>> (bits * k)) & mask;
    }
  }
  return values;
}
