import type { SKRSContext2D } from "@napi-rs/canvas";
import type { PlacedShape } from "./place-shapes.ts";

/**
 * Strokes the boxes of shapes inside their edges: a coloured line between two thin dark ones, so that it shows on any background, and
 * a faint fill. Large boxes first, so that small ones lie on top.
 */
export function strokeBoxes(context: SKRSContext2D, shapes: readonly PlacedShape[], lineWidth: number): void {
  const outline = Math.max(1, Math.round(lineWidth / 4));
  const boxes = shapes.flatMap(({ box, color }) => (box === null ? [] : [{ ...box, color }]));
  for (const { left, top, width, height, color } of boxes.sort((a, b) => b.width * b.height - a.width * a.height)) {
    context.fillStyle = `${color}1f`;
    context.fillRect(left, top, width, height);
    frame(context, left - outline, top - outline, width + 2 * outline, height + 2 * outline, outline, "#0b122099");
    const inner = Math.min(lineWidth, Math.floor(width / 2), Math.floor(height / 2));
    frame(context, left + inner, top + inner, width - 2 * inner, height - 2 * inner, outline, "#0b122066");
    frame(context, left, top, width, height, Math.max(1, inner), color);
  }
}

/** Fills the four sides of a rectangle: unlike a stroke, edges fall on whole pixels for every width. */
function frame(
  context: SKRSContext2D,
  left: number,
  top: number,
  width: number,
  height: number,
  line: number,
  color: string,
): void {
  if (width <= 0 || height <= 0) return;
  context.fillStyle = color;
  const across = Math.min(line, height);
  const along = Math.min(line, width);
  const middle = Math.max(0, height - 2 * across);
  context.fillRect(left, top, width, across);
  context.fillRect(left, top + height - across, width, across);
  context.fillRect(left, top + across, along, middle);
  context.fillRect(left + width - along, top + across, along, middle);
}
