import type { SKRSContext2D } from "@napi-rs/canvas";
import type { PlacedShape } from "./place-shapes.ts";

/** Draws key points as discs with a dark rim, and below them the lines that join them. */
export function drawKeyPoints(context: SKRSContext2D, shapes: readonly PlacedShape[], lineWidth: number): void {
  context.lineCap = "round";
  for (const { keyPoints, skeleton = [], color } of shapes) {
    for (const [style, width] of [
      ["#0b122099", lineWidth * 1.5],
      [color, lineWidth],
    ] as const) {
      context.strokeStyle = style;
      context.lineWidth = width;
      context.beginPath();
      for (const [from, to] of skeleton) {
        context.moveTo(...keyPoints[from]!);
        context.lineTo(...keyPoints[to]!);
      }
      context.stroke();
    }
    for (const [x, y] of keyPoints) {
      for (const [style, radius] of [
        ["#0b1220cc", lineWidth * 1.5],
        [color, lineWidth * 1.1],
      ] as const) {
        context.fillStyle = style;
        context.beginPath();
        context.arc(x, y, radius, 0, 2 * Math.PI);
        context.fill();
      }
    }
  }
}
