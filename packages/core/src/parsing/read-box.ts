import { boxGridSize, type CoordinateSpace, type PixelSize, toBoxGrid } from "../coordinate-space.ts";
import type { Box } from "../responses/phrase-grounding-response.ts";

/**
 * Reads one box as the model wrote it. Numbers are taken laxly: `10.0`, `1e2`, `"10"` and `true` count. On the
 * 0–1024 grid they must be integers in range; in any other space they are converted, rounded and clamped.
 *
 * @returns `null` unless it is a list of exactly four such numbers
 */
export function readBox(value: unknown, space: CoordinateSpace, size: PixelSize | undefined): Box | null {
  if (!Array.isArray(value) || value.length !== 4) return null;
  const numbers = value.map(laxNumber);
  const [x0, y0, x1, y1] = numbers;
  if (x0 == null || y0 == null || x1 == null || y1 == null) return null;
  if (space !== "relative-1024") return toBoxGrid([x0, y0, x1, y1], space, size);
  const isOnGrid = [x0, y0, x1, y1].every((v) => Number.isInteger(v) && v >= 0 && v <= boxGridSize);
  return isOnGrid ? [x0, y0, x1, y1] : null;
}

function laxNumber(value: unknown): number | null {
  if (typeof value === "boolean") return value ? 1 : 0;
  // + 0 turns the −0 of "-0" into 0.
  if (typeof value === "number") return Number.isFinite(value) ? value + 0 : null;
  if (typeof value !== "string") return null;
  const digits = /^\p{White_Space}*([+-]?[0-9]+(?:_[0-9]+)*)(?:\.0+)?\p{White_Space}*$/u.exec(value)?.[1];
  return digits === undefined ? null : Number(digits.replaceAll("_", "")) + 0;
}
