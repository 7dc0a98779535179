import type { SKRSContext2D } from "@napi-rs/canvas";
import type { PlacedShape } from "./place-shapes.ts";
import { strokeVisibly } from "./stroke-visibly.ts";

/** Draws key points as discs with a dark rim, and below them the lines that join them. */
export function drawKeyPoints(context: SKRSContext2D, shapes: readonly PlacedShape[], lineWidth: number): void {
  context.lineCap = "round";
  for (const { keyPoints, skeleton = [], color } of shapes) {
    context.beginPath();
    for (const [from, to] of skeleton) {
      context.moveTo(...keyPoints[from]!);
      context.lineTo(...keyPoints[to]!);
    }
    strokeVisibly(context, color, lineWidth);
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
