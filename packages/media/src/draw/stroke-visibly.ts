import type { SKRSContext2D } from "@napi-rs/canvas";

/** Strokes the current path in a colour, with a thin dark line around it, so that it shows on any background. */
export function strokeVisibly(context: SKRSContext2D, color: string, lineWidth: number): void {
  for (const [style, width] of [
    ["#0b122099", lineWidth * 1.5],
    [color, lineWidth],
  ] as const) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke();
  }
}
