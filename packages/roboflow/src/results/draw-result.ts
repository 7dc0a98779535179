import { assignColors, drawShapes, type LabeledShape, type Picture, type Point, type ShapeMask } from "@ocellus/media";
import { decodeGrayPng } from "./decode-gray-png.ts";
import { type IdentifiedResult, identifyResult } from "./identify-result.ts";
import { decodeRleMask, type RleMask } from "./rle-mask.ts";
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
  return await drawShapes(picture, shapesOf(picture, identifyResult(result)));
}

function shapesOf(picture: Picture, { task, result }: IdentifiedResult): LabeledShape[] {
  switch (task) {
    case "object-detection":
      return inClassColors(result.predictions, () => ({}));
    case "instance-segmentation":
      return inClassColors(result.predictions, segmentOf);
    case "keypoint-detection":
      return inClassColors(result.predictions, pointsOf);
    case "classification":
      return [wholePicture(picture, `${result.top} ${percent(result.confidence)}`)];
    case "multi-label-classification":
      return [wholePicture(picture, result.predicted_classes.join(", "))];
    case "semantic-segmentation":
      return classMasks(result.predictions.segmentation_mask, result.predictions.class_map);
    case "segment-anything":
      return samShapes(result.predictions);
    case "concept-segmentation":
      return samShapes(result.prompt_results.flatMap(({ predictions }) => predictions));
    case "ocr":
    case "lmm":
      return [wholePicture(picture, task === "ocr" ? result.result : String(result.response).slice(0, 80))];
    default:
      return [];
  }
}

const percent = (confidence: number): string => `${Math.round(confidence * 100)} %`;

/** Everything of a class has the colour of the class, whatever its confidence. */
function inClassColors<Prediction extends BoxPrediction>(
  predictions: readonly Prediction[],
  more: (prediction: Prediction) => Partial<LabeledShape>,
): LabeledShape[] {
  const colorOf = assignColors(predictions.map((prediction) => prediction.class));
  return predictions.map((prediction) => {
    const { x, y, width, height, class: name, confidence } = prediction;
    return {
      box: [x - width / 2, y - height / 2, x + width / 2, y + height / 2],
      label: `${name} ${percent(confidence)}`,
      color: colorOf(name),
      ...more(prediction),
    };
  });
}

function segmentOf({ points, rle }: SegmentPrediction): Partial<LabeledShape> {
  return {
    ...(points === undefined ? {} : { polygons: [points.map(({ x, y }): Point => [x, y])] }),
    ...(rle === undefined ? {} : { mask: maskOf(rle) }),
  };
}

function pointsOf({ keypoints }: KeypointPrediction): Partial<LabeledShape> {
  return { keyPoints: keypoints.map(({ x, y }): Point => [x, y]) };
}

function maskOf(rle: RleMask): ShapeMask | undefined {
  const data = decodeRleMask(rle);
  return data === null ? undefined : { data, height: rle.size[0], width: rle.size[1] };
}

function wholePicture({ width, height }: Picture, label: string): LabeledShape {
  return { box: [0, 0, width, height], label };
}

/** A mask for each class but the background (0) that is there. */
function classMasks(base64: string, names: Readonly<Record<string, string>>): LabeledShape[] {
  const png = decodeGrayPng(Buffer.from(base64, "base64"));
  if (png === null) return [];
  const { samples, width, height } = png;
  const colorOf = assignColors(Object.values(names));
  return [...new Set(samples)].flatMap((id) => {
    const name = names[id];
    if (id === 0 || name === undefined) return [];
    const data = Uint8Array.from(samples, (sample) => Number(sample === id));
    return [{ label: name, color: colorOf(name), mask: { data, width, height } }];
  });
}

function samShapes(predictions: readonly SamPrediction[]): LabeledShape[] {
  const colorOf = assignColors(predictions.map((_, i) => String(i)));
  return predictions.map(({ masks }, i) => ({
    label: "",
    color: colorOf(String(i)),
    ...("counts" in masks ? { mask: maskOf(masks) } : { polygons: masks }),
  }));
}
