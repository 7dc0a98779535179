import { isJsonObject } from "../transport/read-json.ts";
import type {
  ActionRecognitionResult,
  ClipComparison,
  DepthResult,
  EmbeddingsResult,
  LmmResult,
  OcrResult,
} from "./foundation-results.ts";
import { isRleMask } from "./rescale-prediction.ts";
import type { Sam3ConceptResult, Sam3dResult, SamEmbeddingResult, SamResult } from "./sam-results.ts";
import type {
  ClassificationResult,
  InstanceSegmentationResult,
  KeypointDetectionResult,
  MultiLabelClassificationResult,
  ObjectDetectionResult,
  ResultBase,
  SemanticSegmentationResult,
} from "./task-results.ts";

/** A result with the task that it is of; `task` discriminates. */
export type IdentifiedResult =
  | { readonly task: "object-detection"; readonly result: ObjectDetectionResult }
  | { readonly task: "instance-segmentation"; readonly result: InstanceSegmentationResult }
  | { readonly task: "keypoint-detection"; readonly result: KeypointDetectionResult }
  | { readonly task: "classification"; readonly result: ClassificationResult }
  | { readonly task: "multi-label-classification"; readonly result: MultiLabelClassificationResult }
  | { readonly task: "semantic-segmentation"; readonly result: SemanticSegmentationResult }
  | { readonly task: "ocr"; readonly result: OcrResult }
  | { readonly task: "embeddings"; readonly result: EmbeddingsResult }
  | { readonly task: "clip-comparison"; readonly result: ClipComparison }
  | { readonly task: "lmm"; readonly result: LmmResult }
  | { readonly task: "depth"; readonly result: DepthResult }
  | { readonly task: "segment-anything"; readonly result: SamResult }
  | { readonly task: "concept-segmentation"; readonly result: Sam3ConceptResult }
  | { readonly task: "segment-anything-embedding"; readonly result: SamEmbeddingResult }
  | { readonly task: "segment-anything-3d"; readonly result: Sam3dResult }
  | { readonly task: "action-recognition"; readonly result: ActionRecognitionResult }
  | { readonly task: "stub"; readonly result: ResultBase }
  | { readonly task: "unknown"; readonly result: ResultBase };

/** Members that only one kind of result has. */
const telling: readonly (readonly [member: string, task: IdentifiedResult["task"]])[] = [
  ["prompt_results", "concept-segmentation"],
  ["normalized_depth", "depth"],
  ["similarity", "clip-comparison"],
  ["embeddings", "embeddings"],
  ["timeline", "action-recognition"],
  ["response", "lmm"],
  ["mesh_glb", "segment-anything-3d"],
  ["gaussian_ply", "segment-anything-3d"],
  ["image_id", "segment-anything-embedding"],
  ["predicted_classes", "multi-label-classification"],
  ["top", "classification"],
  ["result", "ocr"],
];

/**
 * Tells by its members which task a result is of, and narrows its type. The servers do not say. A list without any
 * prediction counts as object detection.
 */
export function identifyResult(result: object): IdentifiedResult {
  return { task: taskOf(result as ResultBase), result } as IdentifiedResult;
}

function taskOf(result: ResultBase): IdentifiedResult["task"] {
  if (result.is_stub === true) return "stub";
  const member = telling.find(([name]) => result[name] !== undefined && result[name] !== null);
  if (member !== undefined) return member[1];
  const { predictions } = result;
  if (Array.isArray(predictions)) return taskOfPrediction(predictions[0]);
  return isJsonObject(predictions) && typeof predictions.segmentation_mask === "string"
    ? "semantic-segmentation"
    : "unknown";
}

function taskOfPrediction(first: unknown): IdentifiedResult["task"] {
  if (first === undefined) return "object-detection";
  if (!isJsonObject(first)) return "unknown";
  if (first.masks !== undefined) return "segment-anything";
  if (Array.isArray(first.keypoints)) return "keypoint-detection";
  if (Array.isArray(first.points) || isRleMask(first.rle)) return "instance-segmentation";
  return typeof first.x === "number" && typeof first.width === "number" ? "object-detection" : "unknown";
}
