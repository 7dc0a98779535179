import type { ImageScale } from "../images/image-scale.ts";
import { isJsonObject, type JsonObject } from "../transport/read-json.ts";
import { decodeGrayPng } from "./decode-gray-png.ts";
import { encodeGrayPng } from "./encode-gray-png.ts";
import { resizeNearest } from "./resize-nearest.ts";
import { type RleMask, resizeRleMask } from "./rle-mask.ts";

/**
 * Brings the result of a reduced picture back to the pixels of the original: boxes, polygons, key points, run-length
 * and class masks, and the picture's size, each prediction for itself. Both axes have their own factor, because a reduced side was
 * rounded to whole pixels. Stubs and results without geometry (classes) keep their values.
 */
export function rescalePrediction(result: JsonObject, scale: ImageScale | null): JsonObject {
  if (scale === null || result.is_stub === true) return result;
  const factors = {
    x: scale.original.width / scale.sent.width,
    y: scale.original.height / scale.sent.height,
  };
  const rescaled: JsonObject = { ...result };
  if (isJsonObject(result.image)) rescaled.image = rescaleSize(result.image, scale);
  if (Array.isArray(result.predictions)) {
    rescaled.predictions = result.predictions.map((prediction: unknown) =>
      isJsonObject(prediction) ? rescaleOne(prediction, factors, scale) : prediction,
    );
  } else if (isJsonObject(result.predictions)) rescaled.predictions = rescaleClassMasks(result.predictions, scale);
  return rescaled;
}

/** The masks of a semantic segmentation; members of other predictions by class are no texts. */
function rescaleClassMasks(predictions: JsonObject, { original }: ImageScale): JsonObject {
  const rescaled = { ...predictions };
  for (const name of ["segmentation_mask", "confidence_mask"]) {
    const text = predictions[name];
    const png = typeof text === "string" ? decodeGrayPng(Buffer.from(text, "base64")) : null;
    if (png === null || png.bitDepth !== 8) continue;
    rescaled[name] = encodeGrayPng(resizeNearest(png.samples, png, original), original).toString("base64");
  }
  return rescaled;
}

interface Factors {
  readonly x: number;
  readonly y: number;
}

/** A server that reports the size it was sent is told the exact original, not a rounded product. */
function rescaleSize(size: JsonObject, { original, sent }: ImageScale): JsonObject {
  const side = (value: unknown, from: number, to: number): unknown =>
    typeof value !== "number" ? value : value === from ? to : Math.round((value * to) / from);
  return {
    ...size,
    width: side(size.width, sent.width, original.width),
    height: side(size.height, sent.height, original.height),
  };
}

function rescaleOne(prediction: JsonObject, factors: Factors, scale: ImageScale): JsonObject {
  const rescaled = rescalePoint(prediction, factors);
  for (const name of ["points", "keypoints"] as const) {
    const points = prediction[name];
    if (Array.isArray(points)) rescaled[name] = points.map((point: unknown) => rescaleEntry(point, factors));
  }
  if (isRleMask(prediction.rle)) rescaled.rle = rescaleMask(prediction.rle, scale);
  return rescaled;
}

const rescaleEntry = (point: unknown, factors: Factors): unknown =>
  isJsonObject(point) ? rescalePoint(point, factors) : point;

/** `x`, `width` and `y`, `height` of a box or point, where they are numbers. */
function rescalePoint(point: JsonObject, factors: Factors): JsonObject {
  const rescaled = { ...point };
  const axes = [
    ["x", factors.x],
    ["width", factors.x],
    ["y", factors.y],
    ["height", factors.y],
  ] as const;
  for (const [name, factor] of axes) {
    const value = point[name];
    if (typeof value === "number") rescaled[name] = value * factor;
  }
  return rescaled;
}

/** True for the run-length form of a mask. */
export function isRleMask(value: unknown): value is RleMask {
  if (!isJsonObject(value) || !Array.isArray(value.size) || value.size.length !== 2) return false;
  return value.size.every(Number.isInteger) && (typeof value.counts === "string" || Array.isArray(value.counts));
}

/** A mask may have a lower resolution than its picture on purpose; it keeps its share of it. */
function rescaleMask(mask: RleMask, { original, sent }: ImageScale): RleMask {
  const [height, width] = mask.size;
  if (height === sent.height && width === sent.width) return resizeRleMask(mask, original);
  return resizeRleMask(mask, {
    width: Math.max(1, Math.round((width * original.width) / sent.width)),
    height: Math.max(1, Math.round((height * original.height) / sent.height)),
  });
}
