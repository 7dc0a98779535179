import type { PredictionResponse } from "@ocellus/core";
import type { Picture } from "../image/picture.ts";
import { arrangePanel } from "./arrange-panel.ts";
import { paintPicture, pictureOfCanvas } from "./canvas-picture.ts";
import { fitForDrawing } from "./comfortable-size.ts";
import { type DrawableResponse, describeDrawing } from "./describe-drawing.ts";
import { paintShapes } from "./draw-shapes.ts";
import { panelColors } from "./draw-text-panel.ts";
import { loadCanvas } from "./load-canvas.ts";
import type { LabeledShape } from "./shape.ts";

/**
 * Draws a response on a copy of its picture: boxes with labels and the sentence in matching colours
 * (`phrase-grounding`), question and answer beside or below the picture (`vqa`), a caption strip (`freeform`), text or
 * JSON (other kinds). `thinking` stands above the answer, or in a column of its own beside a caption. Small pictures are enlarged first by a whole factor, so that text stays
 * legible.
 *
 * @param picture the upright picture that the response is about
 * @param shapes drawn beside the boxes of the response: what a `structured` answer or another model has found
 * @returns a new picture, larger by its text panel
 * @throws InvalidArgumentError for shapes as {@link drawShapes}; MissingDependencyError when `@napi-rs/canvas` is not available
 */
export async function drawPrediction(
  picture: Picture,
  response: DrawableResponse,
  shapes: readonly LabeledShape[] = [],
): Promise<Picture> {
  const { createCanvas } = await loadCanvas();
  const base = fitForDrawing(picture);
  const drawing = describeDrawing(response as PredictionResponse, picture);
  const layout = arrangePanel(createCanvas(1, 1).getContext("2d"), base, drawing);
  const canvas = createCanvas(layout.width, layout.height);
  const context = canvas.getContext("2d");
  context.fillStyle = panelColors.background;
  context.fillRect(0, 0, layout.width, layout.height);
  const area = layout.pictureArea;
  paintPicture(context, base.picture, area.left, area.top);
  for (const { panel, area: panelArea } of layout.panels) panel.draw(context, panelArea);
  await paintShapes(context, [...drawing.shapes, ...shapes], { original: picture, base, area });
  return pictureOfCanvas(canvas, context);
}
