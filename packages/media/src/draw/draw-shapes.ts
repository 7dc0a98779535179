import type { SKRSContext2D } from "@napi-rs/canvas";
import type { Picture } from "../image/picture.ts";
import { paintPicture, pictureOfCanvas } from "./canvas-picture.ts";
import { type DrawingBase, fitForDrawing } from "./comfortable-size.ts";
import { drawKeyPoints } from "./draw-key-points.ts";
import { drawLabels } from "./draw-labels.ts";
import { fillRegions } from "./fill-regions.ts";
import { loadCanvas } from "./load-canvas.ts";
import { type CanvasArea, placeShapes } from "./place-shapes.ts";
import type { LabeledShape } from "./shape.ts";
import { strokeBoxes } from "./stroke-boxes.ts";

/**
 * Draws labelled boxes, outlines, masks and key points on a copy of a picture. Small pictures are enlarged first by a
 * whole factor (to 640 pixels at least), pictures above 4096 pixels reduced; shapes are in pixels of the picture as given.
 *
 * @throws InvalidArgumentError for coordinates that are no finite numbers, or a mask or skeleton that does not fit
 * @throws MissingDependencyError when `@napi-rs/canvas` is not available
 */
export async function drawShapes(picture: Picture, shapes: readonly LabeledShape[]): Promise<Picture> {
  const { createCanvas } = await loadCanvas();
  const base = fitForDrawing(picture);
  const { width, height } = base.picture;
  const canvas = createCanvas(width, height);
  const context = canvas.getContext("2d");
  paintPicture(context, base.picture, 0, 0);
  await paintShapes(context, shapes, { original: picture, base, area: { left: 0, top: 0, width, height } });
  return pictureOfCanvas(canvas, context);
}

/** Where {@link paintShapes} draws. */
export interface ShapeCanvas {
  /** The picture whose pixels the shapes are given in. */
  readonly original: Pick<Picture, "width" | "height">;
  readonly base: DrawingBase;
  /** Where the picture lies on the canvas; nothing is drawn outside. */
  readonly area: CanvasArea;
}

/**
 * Draws shapes over a picture that is on the canvas already.
 *
 * @throws InvalidArgumentError as {@link drawShapes}
 */
export async function paintShapes(
  context: SKRSContext2D,
  shapes: readonly LabeledShape[],
  { original, base, area }: ShapeCanvas,
): Promise<void> {
  const { lineWidth, fontSize } = base;
  const scale = { x: area.width / original.width, y: area.height / original.height };
  const placed = placeShapes(shapes, scale, area);
  context.save();
  context.beginPath();
  context.rect(area.left, area.top, area.width, area.height);
  context.clip();
  await fillRegions(context, placed, { lineWidth, area });
  strokeBoxes(context, placed, lineWidth);
  drawKeyPoints(context, placed, lineWidth);
  drawLabels(context, placed, { fontSize, area });
  context.restore();
}
