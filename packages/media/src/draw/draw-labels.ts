import type { SKRSContext2D } from "@napi-rs/canvas";
import { fontOf } from "./bundled-font.ts";
import { readableTextColor } from "./color-palette.ts";
import { layoutText, type TextLine } from "./layout-text.ts";
import type { CanvasArea, PlacedShape } from "./place-shapes.ts";

/** Distance of two lines of a label, in font sizes. */
const lineHeight = 1.25;

/** Sizes for {@link drawLabels}. */
export interface LabelOptions {
  /** Size of panel text in pixels; labels are a little smaller. */
  readonly fontSize: number;
  /** The picture: plates do not leave it. */
  readonly area: CanvasArea;
}

/**
 * Draws a plate with the label of each shape: above its box if there is room, else inside, below, or at the other edge,
 * wherever it covers the fewest other plates. Labels wider than half the picture (or their box) are wrapped to three lines,
 * the rest is cut and marked with an ellipsis.
 */
export function drawLabels(context: SKRSContext2D, shapes: readonly PlacedShape[], options: LabelOptions): void {
  const { area } = options;
  const fontSize = Math.min(Math.round(options.fontSize * 0.9), Math.max(8, Math.floor(area.height / 2)));
  const padding = Math.round(fontSize * 0.4);
  context.font = fontOf(fontSize, 600);
  context.textBaseline = "alphabetic";
  const placed: CanvasArea[] = [];
  for (const shape of shapes) {
    const label = shape.label.trim().replace(/\s+/g, " ");
    const box = shape.bounds;
    if (label === "" || box === null) continue;
    const room = Math.min(area.width, Math.max(box.width, Math.round(area.width / 2))) - 2 * padding;
    const span = { text: label, color: readableTextColor(shape.color), weight: 600 } as const;
    const lines = layoutText(context, [span], { fontSize, width: room, maxLines: mostLines(area, fontSize) });
    const size = {
      width: Math.min(area.width, Math.ceil(Math.max(...lines.map((line) => widthOf(context, line)))) + 2 * padding),
      height: Math.round(fontSize * (0.2 + lineHeight * lines.length)),
    };
    const plate = choosePlace(box, size, area, placed);
    placed.push(plate);
    drawPlate(context, plate, lines, { color: shape.color, fontSize, padding });
  }
}

function choosePlace(
  box: CanvasArea,
  size: { readonly width: number; readonly height: number },
  area: CanvasArea,
  placed: readonly CanvasArea[],
): CanvasArea {
  const right = box.left + box.width - size.width;
  const bottom = box.top + box.height;
  const candidates: readonly (readonly [left: number, top: number])[] = [
    [box.left, box.top - size.height],
    [box.left, box.top],
    [right, box.top - size.height],
    [box.left, bottom],
    [box.left, bottom - size.height],
    [right, box.top],
    [right, bottom - size.height],
    [right, bottom],
  ];
  let best: CanvasArea | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const [left, top] of candidates) {
    const plate = {
      left: Math.max(area.left, Math.min(left, area.left + area.width - size.width)),
      top: Math.max(area.top, Math.min(top, area.top + area.height - size.height)),
      ...size,
    };
    // A plate that had to be pushed away from its place is worse than a free one, and better than a covered one.
    const pushed = Math.abs(plate.left - left) / 4 + Math.abs(plate.top - top);
    const cost = placed.reduce((sum, other) => sum + overlap(plate, other) * 10, pushed);
    if (cost < bestCost) {
      best = plate;
      bestCost = cost;
    }
  }
  return best!;
}

function overlap(a: CanvasArea, b: CanvasArea): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Most lines of a label: three, fewer in a picture that is hardly higher. */
function mostLines({ height }: CanvasArea, fontSize: number): number {
  return Math.max(1, Math.min(3, Math.floor(height / (2 * fontSize * lineHeight))));
}

function widthOf(context: SKRSContext2D, line: TextLine): number {
  const last = line.at(-1);
  return last === undefined ? 0 : last.x + context.measureText(last.text).width;
}

function drawPlate(
  context: SKRSContext2D,
  { left, top, width, height }: CanvasArea,
  lines: readonly TextLine[],
  style: { readonly color: string; readonly fontSize: number; readonly padding: number },
): void {
  const { color, fontSize, padding } = style;
  context.fillStyle = color;
  context.fillRect(left, top, width, height);
  // 0.727 em is the height of Inter's capitals: the lines stand centred in the plate.
  const first = top + Math.round((height - (lines.length - 1) * lineHeight * fontSize + 0.727 * fontSize) / 2);
  for (const [row, line] of lines.entries()) {
    for (const { text, x, color: textColor } of line) {
      context.fillStyle = textColor;
      context.fillText(text, left + padding + x, first + Math.round(row * lineHeight * fontSize));
    }
  }
}
