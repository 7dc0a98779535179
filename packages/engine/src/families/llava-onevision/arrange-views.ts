import type { Picture } from "@ocellus/media";
import type { AnyresProcessor } from "../../blocks/llava/anyres-processor.ts";
import { unpaddedLines } from "../../blocks/llava/unpadded-lines.ts";
import { viewPicture } from "../../blocks/llava/view-picture.ts";
import type { PreparedVisual } from "../model-family.ts";
import { type BlendedRows, blendLines, boundedGrid, wholeRow } from "./blend-lines.ts";

/** A picture as the tower sees it, and what its feature rows are made from. */
export interface ArrangedViews extends Pick<PreparedVisual, "grid" | "resized"> {
  readonly views: readonly Picture[];
  readonly rows: readonly BlendedRows[];
}

/** What decides the rows beside the processor. */
export interface RowBounds {
  /** Patches along the side of a view. */
  readonly side: number;
  /** Views whose patches are kept as they are; more are shrunk to them. */
  readonly maxViews: number;
}

/** The views of a picture: all rows of the whole, then the canvas without its padding, each line ended by the newline. */
export function arrangeViews(picture: Picture, processor: AnyresProcessor, bounds: RowBounds): ArrangedViews {
  const { views, canvas, fitted } = viewPicture(picture, processor);
  const [columns, rows] = [canvas.width / processor.tile, canvas.height / processor.tile];
  const { side } = bounds;
  return {
    views,
    rows: pictureRows(picture, { columns, rows }, bounds),
    resized: fitted,
    grid: { t: 1, h: rows * side, w: columns * side },
  };
}

/** The feature rows of a picture of the given size. */
export function pictureRows(
  { width, height }: { readonly width: number; readonly height: number },
  grid: { readonly columns: number; readonly rows: number },
  { side, maxViews }: RowBounds,
): BlendedRows[] {
  const lines = unpaddedLines({ original: { width, height }, ...grid, side });
  const size = { width: lines[0]!.length, height: lines.length };
  const bounded = boundedGrid(size.width, size.height, { maxViews, side });
  const kept =
    bounded.width === size.width && bounded.height === size.height
      ? lines.map((line) => line.map(wholeRow))
      : blendLines(lines, bounded);
  const newline = wholeRow((1 + grid.columns * grid.rows) * side * side);
  const whole = Array.from({ length: side * side }, (_, patch) => wholeRow(patch));
  return [...whole, ...kept.flatMap((line) => [...line, newline])];
}
