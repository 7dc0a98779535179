/** Feature rows as mixtures of four patches each. */
export interface BlendedRows {
  /** Four indices of patches a row. */
  readonly patches: readonly number[];
  /** The share of each, which add up to one. */
  readonly shares: readonly number[];
}

/** The row of one patch alone. */
export function wholeRow(patch: number): BlendedRows {
  return { patches: [patch, patch, patch, patch], shares: [1, 0, 0, 0] };
}

/**
 * The size that a grid of patches is brought to when it has clearly more than `maxViews` views hold (LLaVA-OneVision
 * `pack_image_features`); its own size otherwise.
 *
 * @param side patches along the side of a view
 */
export function boundedGrid(
  width: number,
  height: number,
  { maxViews, side }: { readonly maxViews: number; readonly side: number },
): { readonly width: number; readonly height: number } {
  const ratio = Math.sqrt((height * width) / (maxViews * side ** 2));
  if (ratio <= 1.1) return { width, height };
  return { width: floorDivide(width, ratio), height: floorDivide(height, ratio) };
}

/** Python's `//` of floats: the whole part of the exact quotient. */
function floorDivide(value: number, divisor: number): number {
  return Math.round((value - (value % divisor)) / divisor);
}

/**
 * Lines of patches at another size by bilinear interpolation (torch `interpolate`, mode "bilinear", corners not aligned,
 * not antialiased).
 *
 * @param lines indices of patches, all lines of one length
 * @returns the lines of the result, a row for each place
 */
export function blendLines(
  lines: readonly (readonly number[])[],
  { width, height }: { readonly width: number; readonly height: number },
): BlendedRows[][] {
  const [columns, rows] = [taps(lines[0]!.length, width), taps(lines.length, height)];
  return rows.map((row) =>
    columns.map((column) => {
      const [above, below] = [lines[row.first]!, lines[row.second]!];
      return {
        patches: [above[column.first]!, above[column.second]!, below[column.first]!, below[column.second]!],
        shares: [
          (1 - row.share) * (1 - column.share),
          (1 - row.share) * column.share,
          row.share * (1 - column.share),
          row.share * column.share,
        ],
      };
    }),
  );
}

interface Tap {
  readonly first: number;
  readonly second: number;
  /** Share of the second place. */
  readonly share: number;
}

/** Where each of `to` places lies among `from`, computed in float32 as torch does. */
function taps(from: number, to: number): Tap[] {
  const scale = Math.fround(from / to);
  return Array.from({ length: to }, (_, place) => {
    const at = Math.max(0, Math.fround(Math.fround(scale * (place + 0.5)) - 0.5));
    const first = Math.min(Math.trunc(at), from - 1);
    return { first, second: Math.min(first + 1, from - 1), share: Math.fround(at - first) };
  });
}
