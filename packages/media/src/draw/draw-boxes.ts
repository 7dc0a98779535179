import type { Picture } from "../image/picture.ts";
import { paintPicture, pictureOfCanvas } from "./canvas-picture.ts";
import { fitForDrawing } from "./comfortable-size.ts";
import { drawLabels } from "./draw-labels.ts";
import { loadCanvas } from "./load-canvas.ts";
import { type CanvasArea, type LabeledBox, placeBoxes } from "./place-boxes.ts";
import { strokeBoxes } from "./stroke-boxes.ts";

/**
 * Draws labelled boxes on a copy of a picture. Small pictures are enlarged first by a whole factor (to 640 pixels at
 * least), pictures above 4096 pixels reduced; boxes are in pixels of the picture as given.
 *
 * @throws InvalidArgumentError for a box that is not made of finite numbers
 * @throws MissingDependencyError when `@napi-rs/canvas` is not available
 */
export async function drawBoxes(picture: Picture, boxes: readonly LabeledBox[]): Promise<Picture> {
  const { createCanvas } = await loadCanvas();
  const base = fitForDrawing(picture);
  const canvas = createCanvas(base.picture.width, base.picture.height);
  const context = canvas.getContext("2d");
  paintPicture(context, base.picture, 0, 0);
  const scale = { x: base.picture.width / picture.width, y: base.picture.height / picture.height };
  const area: CanvasArea = { left: 0, top: 0, width: base.picture.width, height: base.picture.height };
  const placed = placeBoxes(boxes, scale, area);
  strokeBoxes(context, placed, base.lineWidth);
  drawLabels(context, placed, { fontSize: base.fontSize, area });
  return pictureOfCanvas(canvas, context);
}
