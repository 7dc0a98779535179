/** How bytes become numbers: (level · rescaleFactor − mean) / std, a mean and a std a channel. */
export interface PixelScale {
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly rescaleFactor: number;
}

/** Normalised value of every byte level, 256 a channel, computed in float32 as the reference does. */
export function normalisedLevels(scale: PixelScale): Float32Array {
  const levels = new Float32Array(3 * 256);
  for (let channel = 0; channel < 3; channel++) {
    const mean = Math.fround(scale.mean[channel]!);
    const std = Math.fround(scale.std[channel]!);
    for (let level = 0; level < 256; level++) {
      const scaled = Math.fround(level * scale.rescaleFactor);
      levels[channel * 256 + level] = Math.fround(scaled - mean) / std;
    }
  }
  return levels;
}
