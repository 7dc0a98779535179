/** Where the views of a picture come from. */
export interface ViewLayout {
  /** Size of the picture before resizing. */
  readonly original: { readonly width: number; readonly height: number };
  /** Views of the canvas. */
  readonly columns: number;
  readonly rows: number;
  /** Patches along the side of a view. */
  readonly side: number;
}

/**
 * The patches of a canvas line by line across its views, without the lines and columns that are only padding (LLaVA-NeXT
 * `pack_image_features`, `unpad_image`; specs/vlm.md B5 "Assembly").
 *
 * @returns indices of patches counted over all views, of which the first is the whole picture's
 */
export function unpaddedLines({ original, columns, rows, side }: ViewLayout): number[][] {
  const [width, height] = [columns * side, rows * side];
  const { left, top } = padding(original, { width, height });
  return Array.from({ length: height - 2 * top }, (_, line) =>
    Array.from({ length: width - 2 * left }, (__, column) => {
      const [x, y] = [left + column, top + line];
      const view = 1 + Math.floor(y / side) * columns + Math.floor(x / side);
      return view * side * side + (y % side) * side + (x % side);
    }),
  );
}

/** Patches of padding at the left and at the top, as many as at the other side. */
function padding(
  original: { readonly width: number; readonly height: number },
  canvas: { readonly width: number; readonly height: number },
): { readonly left: number; readonly top: number } {
  const filled = (side: number, scale: number): number => Math.trunc(Math.round(side * scale * 1e7) / 1e7);
  if (original.width / original.height > canvas.width / canvas.height) {
    const height = filled(original.height, canvas.width / original.width);
    return { left: 0, top: Math.floor((canvas.height - height) / 2) };
  }
  const width = filled(original.width, canvas.height / original.height);
  return { left: Math.floor((canvas.width - width) / 2), top: 0 };
}
