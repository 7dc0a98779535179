import { assignColors, drawBoxes, type LabeledBox, type Picture } from "@ocellus/media";
import { decodeGrayPng } from "./decode-gray-png.ts";
import { type IdentifiedResult, identifyResult } from "./identify-result.ts";
import { fillMask, fillPolygon, paintPoint, type Rgb, rgbOf } from "./paint-mask.ts";
import { decodeRleMask } from "./rle-mask.ts";
import type { SamPrediction } from "./sam-results.ts";
import type { BoxPrediction, KeypointPrediction, SegmentPrediction } from "./task-results.ts";

/**
 * Draws a result on a copy of its picture: boxes with class and confidence, outlines and masks filled, key points,
 * classes as a label of the whole picture. Results without anything to draw give the picture itself.
 *
 * @param result a result of `infer` or of a foundation model, in pixels of `picture`
 * @throws MissingDependencyError when `@napi-rs/canvas` is not available
 */
export async function drawResult(picture: Picture, result: object): Promise<Picture> {
  const painted: Picture = { ...picture, data: new Uint8Array(picture.data) };
  const boxes = paint(painted, identifyResult(result));
  return await drawBoxes(painted, boxes);
}

/** Paints masks and points into the picture and returns the boxes to draw over them. */
function paint(picture: Picture, { task, result }: IdentifiedResult): LabeledBox[] {
  switch (task) {
    case "object-detection":
      return result.predictions.map(boxOf);
    case "instance-segmentation":
      return paintSegments(picture, result.predictions);
    case "keypoint-detection":
      return paintKeypoints(picture, result.predictions);
    case "classification":
      return [wholePicture(picture, `${result.top} ${percent(result.confidence)}`)];
    case "multi-label-classification":
      return [wholePicture(picture, result.predicted_classes.join(", "))];
    case "semantic-segmentation":
      paintClasses(picture, result.predictions.segmentation_mask, result.predictions.class_map);
      return [];
    case "segment-anything":
      paintSamMasks(picture, result.predictions);
      return [];
    case "concept-segmentation":
      paintSamMasks(
        picture,
        result.prompt_results.flatMap(({ predictions }) => predictions),
      );
      return [];
    case "ocr":
    case "lmm":
      return [wholePicture(picture, task === "ocr" ? result.result : String(result.response).slice(0, 80))];
    default:
      return [];
  }
}

const percent = (confidence: number): string => `${Math.round(confidence * 100)} %`;

function boxOf({ x, y, width, height, class: name, confidence }: BoxPrediction): LabeledBox {
  return {
    box: [x - width / 2, y - height / 2, x + width / 2, y + height / 2],
    label: `${name} ${percent(confidence)}`,
  };
}

/** Boxes take the colour of their class, as the masks do. */
function coloured(predictions: readonly BoxPrediction[]): { readonly box: LabeledBox; readonly color: Rgb }[] {
  const colorOf = assignColors(predictions.map((prediction) => prediction.class));
  return predictions.map((prediction) => {
    const color = colorOf(prediction.class);
    return { box: { ...boxOf(prediction), color }, color: rgbOf(color) };
  });
}

function paintSegments(picture: Picture, predictions: readonly SegmentPrediction[]): LabeledBox[] {
  return coloured(predictions).map(({ box, color }, i) => {
    const { points, rle } = predictions[i]!;
    if (points !== undefined && points.length > 2) {
      fillPolygon(
        picture,
        points.map(({ x, y }) => [x, y]),
        color,
      );
    }
    if (rle !== undefined) paintRle(picture, rle, color);
    return box;
  });
}

function paintRle(picture: Picture, rle: NonNullable<SegmentPrediction["rle"]>, color: Rgb): void {
  const pixels = decodeRleMask(rle);
  if (pixels !== null) {
    fillMask(picture, { pixels, height: rle.size[0], width: rle.size[1] }, (value) => (value === 0 ? null : color));
  }
}

function paintKeypoints(picture: Picture, predictions: readonly KeypointPrediction[]): LabeledBox[] {
  return coloured(predictions).map(({ box, color }, i) => {
    for (const { x, y } of predictions[i]!.keypoints) paintPoint(picture, x, y, color);
    return box;
  });
}

function wholePicture({ width, height }: Picture, label: string): LabeledBox {
  return { box: [0, 0, width, height], label };
}

function paintClasses(picture: Picture, mask: string, names: Readonly<Record<string, string>>): void {
  const png = decodeGrayPng(Buffer.from(mask, "base64"));
  if (png === null) return;
  const colorOf = assignColors(Object.values(names));
  const colors = new Map(Object.entries(names).map(([id, name]) => [Number(id), rgbOf(colorOf(name))]));
  fillMask(picture, { pixels: png.samples, width: png.width, height: png.height }, (id) =>
    id === 0 ? null : (colors.get(id) ?? null),
  );
}

function paintSamMasks(picture: Picture, predictions: readonly SamPrediction[]): void {
  const colorOf = assignColors(predictions.map((_, i) => String(i)));
  for (const [i, { masks }] of predictions.entries()) {
    const color = rgbOf(colorOf(String(i)));
    if ("counts" in masks) paintRle(picture, masks, color);
    else for (const polygon of masks) fillPolygon(picture, polygon, color);
  }
}
