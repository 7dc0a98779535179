import type { SKRSContext2D } from "@napi-rs/canvas";
import { fontOf } from "./bundled-font.ts";
import { readableTextColor } from "./color-palette.ts";
import { truncateText } from "./layout-text.ts";
import type { CanvasArea, PlacedBox } from "./place-boxes.ts";

/** Sizes for {@link drawLabels}. */
export interface LabelOptions {
  /** Size of panel text in pixels; labels are a little smaller. */
  readonly fontSize: number;
  /** The picture: plates do not leave it. */
  readonly area: CanvasArea;
}

/**
 * Draws a plate with the label of each box: above the box if there is room, else inside, below, or at the other edge,
 * wherever it covers the fewest other plates. Labels longer than half the picture (or their box) end in an ellipsis.
 */
export function drawLabels(context: SKRSContext2D, boxes: readonly PlacedBox[], options: LabelOptions): void {
  const { area } = options;
  const fontSize = Math.min(Math.round(options.fontSize * 0.9), Math.max(8, Math.floor(area.height / 2)));
  const padding = Math.round(fontSize * 0.4);
  context.font = fontOf(fontSize, 600);
  context.textBaseline = "alphabetic";
  const placed: CanvasArea[] = [];
  for (const box of boxes) {
    const label = box.label.trim().replace(/\s+/g, " ");
    if (label === "") continue;
    const room = Math.min(area.width, Math.max(box.width, Math.round(area.width / 2))) - 2 * padding;
    const text = truncateText(label, room, (value) => context.measureText(value).width);
    const size = {
      width: Math.min(area.width, Math.ceil(context.measureText(text).width) + 2 * padding),
      height: Math.round(fontSize * 1.45),
    };
    const plate = choosePlace(box, size, area, placed);
    placed.push(plate);
    drawPlate(context, plate, text, { color: box.color, fontSize, padding });
  }
}

function choosePlace(
  box: PlacedBox,
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

function drawPlate(
  context: SKRSContext2D,
  { left, top, width, height }: CanvasArea,
  text: string,
  style: { readonly color: string; readonly fontSize: number; readonly padding: number },
): void {
  context.fillStyle = style.color;
  context.fillRect(left, top, width, height);
  context.fillStyle = readableTextColor(style.color);
  // 0.727 em is the height of Inter's capitals: they stand centred in the plate.
  context.fillText(text, left + style.padding, top + Math.round((height + style.fontSize * 0.727) / 2));
}
