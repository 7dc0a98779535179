import type { Picture } from "@ocellus/media";
import type { FloatMap } from "./float-map.ts";
import type { RleMask } from "./rle-mask.ts";

/** What the results of all tasks have; servers may add fields, which are kept. */
export interface ResultBase {
  readonly inference_id?: string;
  readonly frame_id?: number | string | null;
  /** Seconds on the server. */
  readonly time?: number;
  /** Size of the picture in pixels. */
  readonly image?: { readonly width: number | null; readonly height: number | null };
  /** The picture with the predictions drawn in, when asked for. */
  readonly visualization?: string | Picture;
  /** True for a model that was not trained yet. */
  readonly is_stub?: boolean;
  readonly [field: string]: unknown;
}

/** A box in pixels, given by its centre. */
export interface BoxPrediction {
  /** Centre of the box. */
  readonly x: number;
  /** Centre of the box. */
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly confidence: number;
  readonly class: string;
  readonly class_id: number;
  readonly detection_id?: string;
  readonly tracker_id?: number;
  readonly parent_id?: string;
  readonly [field: string]: unknown;
}

/** A box with the outline of the object, or its run-length mask. */
export interface SegmentPrediction extends BoxPrediction {
  readonly points?: readonly { readonly x: number; readonly y: number }[];
  readonly rle?: RleMask;
  readonly mask_format?: "polygon" | "rle";
}

/** A named point of an object. */
export interface Keypoint {
  readonly x: number;
  readonly y: number;
  readonly confidence: number;
  readonly class: string;
  readonly class_id: number;
  readonly [field: string]: unknown;
}

/** A box with key points. */
export interface KeypointPrediction extends BoxPrediction {
  readonly keypoints: readonly Keypoint[];
}

/** A class and its confidence. */
export interface ClassPrediction {
  readonly class: string;
  readonly class_id: number;
  readonly confidence: number;
  readonly [field: string]: unknown;
}

/** Result of an object detection model. */
export interface ObjectDetectionResult extends ResultBase {
  readonly predictions: readonly BoxPrediction[];
}

/** Result of an instance segmentation model. */
export interface InstanceSegmentationResult extends ResultBase {
  readonly predictions: readonly SegmentPrediction[];
}

/** Result of a key point model. */
export interface KeypointDetectionResult extends ResultBase {
  readonly predictions: readonly KeypointPrediction[];
}

/** Result of a classifier that chooses one class. */
export interface ClassificationResult extends ResultBase {
  readonly predictions: readonly ClassPrediction[];
  /** The best class. */
  readonly top: string;
  readonly confidence: number;
  readonly anomaly_map?: FloatMap;
}

/** Result of a classifier that gives any number of classes. */
export interface MultiLabelClassificationResult extends ResultBase {
  readonly predictions: Readonly<Record<string, { readonly confidence: number; readonly class_id: number }>>;
  /** Classes above the threshold. */
  readonly predicted_classes: readonly string[];
}

/** Result of a semantic segmentation model; its masks are base64 PNGs with one byte a pixel. */
export interface SemanticSegmentationResult extends ResultBase {
  readonly predictions: {
    /** Class of every pixel. */
    readonly segmentation_mask: string;
    /** Confidence of every pixel, 0 to 255. */
    readonly confidence_mask: string;
    /** Names by class id. */
    readonly class_map: Readonly<Record<string, string>>;
    readonly present_class_ids?: readonly number[];
  };
}

/** What `infer` returns for a picture. `identifyResult` tells which. */
export type InferenceResult =
  | ObjectDetectionResult
  | InstanceSegmentationResult
  | KeypointDetectionResult
  | ClassificationResult
  | MultiLabelClassificationResult
  | SemanticSegmentationResult;
