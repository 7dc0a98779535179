import { InvalidArgumentError } from "@ocellus/core";
import { assignColors } from "./color-palette.ts";
import type { LabeledShape, Point, ShapeMask } from "./shape.ts";

/** A rectangle on the canvas in pixels. */
export interface CanvasArea {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A shape on the canvas. */
export interface PlacedShape extends Pick<LabeledShape, "skeleton"> {
  readonly label: string;
  readonly color: string;
  /** Whole pixels, corners sorted, inside the picture. */
  readonly box: CanvasArea | null;
  readonly polygons: readonly (readonly Point[])[];
  readonly mask: ShapeMask | null;
  readonly keyPoints: readonly Point[];
  /** The box, or what encloses everything else: where the label stands. `null` for a shape without any place. */
  readonly bounds: CanvasArea | null;
}

/**
 * Scales shapes to the canvas, where the picture lies at `area`. Corners of boxes are sorted, and boxes clipped.
 *
 * @throws InvalidArgumentError for coordinates that are no finite numbers, a mask without as many values as pixels, and
 *   lines between key points that are not there
 */
export function placeShapes(
  shapes: readonly LabeledShape[],
  scale: { readonly x: number; readonly y: number },
  area: CanvasArea,
): PlacedShape[] {
  const colorOf = assignColors(shapes.map(({ label }) => label));
  const place = ([x, y]: Point): Point => [area.left + x * scale.x, area.top + y * scale.y];
  return shapes.map((shape) => {
    checkShape(shape);
    const { label, color = colorOf(label), box, polygons = [], mask = null, keyPoints = [], skeleton } = shape;
    const placed = {
      label,
      color,
      box: box === undefined ? null : placeBox(box, scale, area),
      polygons: polygons.map((outline) => outline.map(place)),
      mask,
      keyPoints: keyPoints.map(place),
      skeleton,
    };
    return { ...placed, bounds: placed.box ?? enclose(placed, area) };
  });
}

function checkShape({ label, box, polygons = [], mask, keyPoints = [], skeleton = [] }: LabeledShape): void {
  const name = label === "" ? "a shape" : `"${label}"`;
  if (box !== undefined && !(box.length === 4 && box.every(Number.isFinite))) {
    throw new InvalidArgumentError(`The box of ${name} must be four finite numbers; got [${box.join(", ")}].`);
  }
  for (const point of [...polygons.flat(), ...keyPoints]) {
    if (point.length === 2 && point.every(Number.isFinite)) continue;
    throw new InvalidArgumentError(`A point of ${name} must be two finite numbers; got [${point.join(", ")}].`);
  }
  if (mask !== undefined && !(mask.width > 0 && mask.data.length === mask.width * mask.height)) {
    const { width, height, data } = mask;
    throw new InvalidArgumentError(`The mask of ${name} is ${width} × ${height} but has ${data.length} values.`);
  }
  const stray = skeleton.flat().find((at) => keyPoints[at] === undefined);
  if (stray !== undefined) {
    throw new InvalidArgumentError(`The skeleton of ${name} names key point ${stray} of ${keyPoints.length}.`);
  }
}

function placeBox(
  [x0, y0, x1, y1]: NonNullable<LabeledShape["box"]>,
  scale: { readonly x: number; readonly y: number },
  area: CanvasArea,
): CanvasArea {
  const [left, right] = span(x0 * scale.x, x1 * scale.x, area.width);
  const [top, bottom] = span(y0 * scale.y, y1 * scale.y, area.height);
  return { left: left + area.left, top: top + area.top, width: right - left, height: bottom - top };
}

/** Both ends in order, as whole pixels within 0…size, one pixel apart at least. */
function span(a: number, b: number, size: number): [number, number] {
  const low = Math.min(size - 1, Math.max(0, Math.round(Math.min(a, b))));
  const high = Math.min(size, Math.max(low + 1, Math.round(Math.max(a, b))));
  return [low, high];
}

function enclose(
  { polygons, mask, keyPoints }: Pick<PlacedShape, "polygons" | "mask" | "keyPoints">,
  area: CanvasArea,
): CanvasArea | null {
  const points = [...polygons.flat(), ...keyPoints, ...(mask === null ? [] : maskCorners(mask, area))];
  if (points.length === 0) return null;
  let [x0, y0, x1, y1] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -1, -1];
  for (const [x, y] of points) {
    x0 = Math.min(x0, x - area.left);
    y0 = Math.min(y0, y - area.top);
    x1 = Math.max(x1, x - area.left);
    y1 = Math.max(y1, y - area.top);
  }
  return placeBox([x0, y0, x1, y1], { x: 1, y: 1 }, area);
}

/** Two opposite corners on the canvas of what lies inside a mask; none for an empty one. */
function maskCorners({ width, height, data }: ShapeMask, area: CanvasArea): Point[] {
  let [x0, y0, x1, y1] = [width, height, 0, 0];
  for (let at = 0; at < data.length; at++) {
    if (data[at] === 0) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    x0 = Math.min(x0, x);
    y0 = Math.min(y0, y);
    x1 = Math.max(x1, x + 1);
    y1 = Math.max(y1, y + 1);
  }
  const corner = (x: number, y: number): Point => [
    area.left + (x * area.width) / width,
    area.top + (y * area.height) / height,
  ];
  return x1 === 0 ? [] : [corner(x0, y0), corner(x1, y1)];
}
