/**
 * A square picture of a fixed pseudo-random sequence (a linear congruential generator), as raw pixels.
 *
 * @param side in pixels
 * @param seed another picture for each
 */
export function noisePicture(
  side: number,
  seed: number,
): { data: Uint8Array; width: number; height: number; channels: 3 } {
  let state = seed;
  const data = Uint8Array.from({ length: 3 * side * side }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return { data, width: side, height: side, channels: 3 };
}
