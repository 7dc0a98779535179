import { InvalidArgumentError } from "@ocellus/core";
import { assignColors } from "./color-palette.ts";

/** A rectangle on the canvas in pixels. */
export interface CanvasArea {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A box to draw, in pixels of the picture, corners in any order. */
export interface LabeledBox {
  readonly box: readonly [x0: number, y0: number, x1: number, y1: number];
  /** Text of the label plate; an empty text draws none. */
  readonly label: string;
  /** `#rrggbb`. Default: by the label. */
  readonly color?: string | undefined;
}

/** A box on the canvas: whole pixels, corners sorted, inside the picture. */
export interface PlacedBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly label: string;
  readonly color: string;
}

/**
 * Scales boxes to the canvas, sorts their corners and clips them to the picture, which lies at `area`.
 *
 * @throws InvalidArgumentError for a box that is not made of finite numbers
 */
export function placeBoxes(
  boxes: readonly LabeledBox[],
  scale: { readonly x: number; readonly y: number },
  area: CanvasArea,
): PlacedBox[] {
  const colorOf = assignColors(boxes.map(({ label }) => label));
  return boxes.map(({ box, label, color }) => {
    if (box.length !== 4 || !box.every(Number.isFinite)) {
      throw new InvalidArgumentError(`A box must be four finite numbers; got [${box.join(", ")}].`);
    }
    const [left, right] = span(box[0] * scale.x, box[2] * scale.x, area.width);
    const [top, bottom] = span(box[1] * scale.y, box[3] * scale.y, area.height);
    return {
      left: left + area.left,
      top: top + area.top,
      width: right - left,
      height: bottom - top,
      label,
      color: color ?? colorOf(label),
    };
  });
}

/** Both ends in order, as whole pixels within 0…size, one pixel apart at least. */
function span(a: number, b: number, size: number): [number, number] {
  const low = Math.min(size - 1, Math.max(0, Math.round(Math.min(a, b))));
  const high = Math.min(size, Math.max(low + 1, Math.round(Math.max(a, b))));
  return [low, high];
}
