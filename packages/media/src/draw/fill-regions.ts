import type { SKRSContext2D } from "@napi-rs/canvas";
import { loadCanvas } from "./load-canvas.ts";
import type { CanvasArea, PlacedShape } from "./place-shapes.ts";
import type { Point, ShapeMask } from "./shape.ts";
import { strokeVisibly } from "./stroke-visibly.ts";

/** Opacity of the inside of a mask or an outline, of 255: the picture stays recognisable below it. */
const fillOpacity = 0x73;

/**
 * Tints the masks and fills and strokes the outlines of shapes; large ones first, so that small ones lie on top.
 *
 * @param area the picture on the canvas
 */
export async function fillRegions(
  context: SKRSContext2D,
  shapes: readonly PlacedShape[],
  { lineWidth, area }: { readonly lineWidth: number; readonly area: CanvasArea },
): Promise<void> {
  const sizeOf = ({ bounds }: PlacedShape): number => (bounds === null ? 0 : bounds.width * bounds.height);
  for (const { mask, polygons, color } of [...shapes].sort((a, b) => sizeOf(b) - sizeOf(a))) {
    if (mask !== null) await tintMask(context, mask, color, area);
    if (polygons.length > 0) fillOutlines(context, polygons, color, lineWidth);
  }
}

function fillOutlines(
  context: SKRSContext2D,
  outlines: readonly (readonly Point[])[],
  color: string,
  lineWidth: number,
): void {
  context.beginPath();
  for (const [first, ...others] of outlines) {
    if (first === undefined) continue;
    context.moveTo(...first);
    for (const point of others) context.lineTo(...point);
    context.closePath();
  }
  context.fillStyle = `${color}${fillOpacity.toString(16)}`;
  context.fill("evenodd");
  context.lineJoin = "round";
  strokeVisibly(context, color, lineWidth);
}

async function tintMask(context: SKRSContext2D, mask: ShapeMask, color: string, area: CanvasArea): Promise<void> {
  const { createCanvas } = await loadCanvas();
  const { width, height, data } = mask;
  const canvas = createCanvas(width, height);
  const tint = canvas.getContext("2d");
  const image = tint.createImageData(width, height);
  const rgb = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  for (let at = 0; at < data.length; at++) {
    if (data[at] !== 0) image.data.set([...rgb, isEdge(mask, at) ? 255 : fillOpacity], 4 * at);
  }
  tint.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, area.left, area.top, area.width, area.height);
}

/** Whether a pixel inside a mask has a neighbour outside. */
function isEdge({ width, height, data }: ShapeMask, at: number): boolean {
  const x = at % width;
  return (
    (x > 0 && data[at - 1] === 0) ||
    (x < width - 1 && data[at + 1] === 0) ||
    (at >= width && data[at - width] === 0) ||
    (at < width * (height - 1) && data[at + width] === 0)
  );
}
