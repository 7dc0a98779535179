import type { Box } from "./responses/phrase-grounding-response.ts";

/**
 * How a checkpoint writes boxes (a property of the checkpoint, not of its family): `relative-1024` integers 0–1024,
 * `relative-1000` 0–1000, `relative-999` 0–999, `unit` fractions 0–1, `pixels` of the picture after the family's own
 * resizing.
 */
export type CoordinateSpace = "relative-1024" | "relative-1000" | "relative-999" | "unit" | "pixels";

/** A picture size in pixels. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** Side of the coordinate grid of every `result`. */
export const boxGridSize: number = 1024;

/** The largest coordinate of each space; only that of `pixels` depends on the picture. */
export const coordinateExtents: Readonly<Record<Exclude<CoordinateSpace, "pixels">, number>> = {
  "relative-1024": 1024,
  "relative-1000": 1000,
  "relative-999": 999,
  unit: 1,
};

/**
 * Converts one box of a checkpoint to the 0–1024 grid: value / extent · 1024 per axis, rounded half up and clamped.
 *
 * @param size of the picture as the model saw it; only read for `pixels`
 * @returns `null` when a number is not finite, or a size is needed and missing
 */
export function toBoxGrid(
  box: readonly [number, number, number, number],
  space: CoordinateSpace,
  size?: PixelSize,
): Box | null {
  const width = space === "pixels" ? size?.width : coordinateExtents[space];
  const height = space === "pixels" ? size?.height : coordinateExtents[space];
  if (width === undefined || height === undefined || !(width > 0) || !(height > 0)) return null;
  if (!box.every(Number.isFinite)) return null;
  const scale = (value: number, extent: number): number =>
    Math.min(boxGridSize, Math.max(0, Math.round((value / extent) * boxGridSize)));
  return [scale(box[0], width), scale(box[1], height), scale(box[2], width), scale(box[3], height)];
}
