import { getRandomValues } from "node:crypto";

/**
 * A stream of numbers in [0, 1) with 53 random bits each: xoshiro128** (Blackman and Vigna, 2018), its state filled by
 * SplitMix32 from the seed. Only 32-bit integer arithmetic, so a seed gives the same numbers on every platform.
 *
 * @param seed 0 or more; −1 for a random seed.
 */
export function createSeededRandom(seed: number): () => number {
  const words = createXoshiro128(seed === -1 ? getRandomValues(new Uint32Array(4)) : splitMix32(seed, 4));
  return () => {
    const high = words() >>> 5;
    const low = words() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  };
}

/** The bare generator: unsigned 32-bit words from a state of four words that are not all zero. */
export function createXoshiro128(state: Uint32Array): () => number {
  const s = Uint32Array.from(state);
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotateLeft(s[3]!, 11);
    return result;
  };
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** `count` well-mixed words of a seed up to 2^53 (SplitMix32; the seed's high part shifts the start). */
function splitMix32(seed: number, count: number): Uint32Array {
  let x = (seed % 2 ** 32) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b);
  return Uint32Array.from({ length: count }, () => {
    x = (x + 0x9e3779b9) | 0;
    let z = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  });
}
