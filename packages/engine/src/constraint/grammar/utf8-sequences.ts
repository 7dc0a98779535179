import type { CodePointRange } from "./expression.ts";

/** First and last value of a byte. */
export type ByteRange = readonly [number, number];

/** Last code points of each length of UTF-8 encodings. */
const lengthLimits = [0x7f, 0x7ff, 0xffff, 0x10ffff];

/**
 * The UTF-8 encodings of a range of code points, as sequences in which every byte runs through a range of its own (the
 * algorithm of RE2 and of Rust's utf8-ranges).
 */
export function utf8Sequences([first, last]: CodePointRange): ByteRange[][] {
  const limit = lengthLimits.find((end) => first <= end && end < last);
  if (limit !== undefined) return [...utf8Sequences([first, limit]), ...utf8Sequences([limit + 1, last])];
  // Split where a later byte does not run through all of its values.
  for (let bits = 6; last > 0x7f && bits <= 18; bits += 6) {
    const low = (1 << bits) - 1;
    if (first >> bits === last >> bits) continue;
    if ((first & low) !== 0)
      return [...utf8Sequences([first, first | low]), ...utf8Sequences([(first | low) + 1, last])];
    if ((last & low) !== low)
      return [...utf8Sequences([first, (last & ~low) - 1]), ...utf8Sequences([last & ~low, last])];
  }
  const [from, to] = [encode(first), encode(last)];
  return [from.map((byte, index): ByteRange => [byte, to[index]!])];
}

function encode(code: number): number[] {
  return [...new TextEncoder().encode(String.fromCodePoint(code))];
}
