/** Catmull-Rom's cubic with a = −½, which Pillow and torch's antialiased resizing use (Keys 1981). */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/**
 * The matrix [to, from] that resizes a line of `from` values to `to` values as torch's
 * `interpolate(mode="bicubic", antialias=True, align_corners=False)` does (`upsample_bicubic2d_aa`); a grid is resized
 * by applying it to both axes. The identity where nothing changes.
 */
export function bicubicTaps(from: number, to: number): Float32Array {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = 2 * stretch;
  const taps = new Float32Array(to * from);
  for (let row = 0; row < to; row++) {
    const center = scale * (row + 0.5);
    const first = Math.max(Math.trunc(center - support + 0.5), 0);
    const end = Math.min(Math.trunc(center + support + 0.5), from);
    const weights = Array.from({ length: end - first }, (_, index) => cubic((index + first - center + 0.5) / stretch));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [index, weight] of weights.entries()) taps[row * from + first + index] = weight / total;
  }
  return taps;
}

/**
 * For every pair of places on an axis of `side` cells the taps into a table of relative positions: the matrix
 * [side · side, length] whose row `query · side + key` picks entry query − key + side − 1 of the table, which is first
 * resized to 2 · side − 1 entries as torch's `interpolate(mode="linear")` does (SAM `get_rel_pos`).
 *
 * @param length entries of the stored table
 */
export function relativeTaps(length: number, side: number): Float32Array {
  const entries = 2 * side - 1;
  const scale = length / entries;
  const taps = new Float32Array(side * side * length);
  for (let query = 0; query < side; query++) {
    for (let key = 0; key < side; key++) {
      const source = Math.max(scale * (query - key + side - 0.5) - 0.5, 0);
      const below = Math.min(Math.floor(source), length - 1);
      const above = Math.min(below + 1, length - 1);
      const start = (query * side + key) * length;
      taps[start + below]! += 1 - (source - below);
      taps[start + above]! += source - below;
    }
  }
  return taps;
}
