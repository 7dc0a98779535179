import type { InferenceConfigurationFields } from "./inference-configuration-fields.ts";

type Field = keyof InferenceConfigurationFields;

/** Tasks that `infer` runs in V1. */
export type InferTask =
  | "object-detection"
  | "instance-segmentation"
  | "keypoint-detection"
  | "classification"
  | "semantic-segmentation";

/** Query of the hosted API, in the order in which the Python client sends it. */
const v0Names: readonly (readonly [Field, string])[] = [
  ["confidenceThreshold", "confidence"],
  ["keypointConfidenceThreshold", "keypoint_confidence"],
  ["format", "format"],
  ["visualizeLabels", "labels"],
  ["maskDecodeMode", "mask_decode_mode"],
  ["tradeoffFactor", "tradeoff_factor"],
  ["allowReducedMaskResolution", "allow_reduced_mask_resolution"],
  ["maxDetections", "max_detections"],
  ["iouThreshold", "overlap"],
  ["strokeWidth", "stroke"],
  ["disablePreprocAutoOrientation", "disable_preproc_auto_orient"],
  ["disablePreprocContrast", "disable_preproc_contrast"],
  ["disablePreprocGrayscale", "disable_preproc_grayscale"],
  ["disablePreprocStaticCrop", "disable_preproc_static_crop"],
  ["disableActiveLearning", "disable_active_learning"],
  ["activeLearningTargetDataset", "active_learning_target_dataset"],
  ["source", "source"],
  ["sourceInfo", "source_info"],
  ["responseMaskFormat", "response_mask_format"],
  ["includeAnomalyMap", "include_anomaly_map"],
  ["serviceSecret", "service_secret"],
  ["countInference", "countinference"],
];

const everyTask: readonly (readonly [Field, string])[] = [
  ["disablePreprocAutoOrientation", "disable_preproc_auto_orient"],
  ["disablePreprocContrast", "disable_preproc_contrast"],
  ["disablePreprocGrayscale", "disable_preproc_grayscale"],
  ["disablePreprocStaticCrop", "disable_preproc_static_crop"],
  ["confidenceThreshold", "confidence"],
  ["source", "source"],
  ["sourceInfo", "source_info"],
];
const visualising: readonly (readonly [Field, string])[] = [
  ["strokeWidth", "visualization_stroke_width"],
  ["visualizePredictions", "visualize_predictions"],
  ["disableActiveLearning", "disable_active_learning"],
  ["activeLearningTargetDataset", "active_learning_target_dataset"],
];
const detection: readonly (readonly [Field, string])[] = [
  ...everyTask,
  ...visualising,
  ["classAgnosticNms", "class_agnostic_nms"],
  ["classFilter", "class_filter"],
  ["fixBatchSize", "fix_batch_size"],
  ["iouThreshold", "iou_threshold"],
  ["maxDetections", "max_detections"],
  ["maxCandidates", "max_candidates"],
  ["visualizeLabels", "visualization_labels"],
];

/** Body of the V1 endpoints. */
const v1Names: Readonly<Record<InferTask, readonly (readonly [Field, string])[]>> = {
  "object-detection": detection,
  "instance-segmentation": [
    ...detection,
    ["maskDecodeMode", "mask_decode_mode"],
    ["tradeoffFactor", "tradeoff_factor"],
    ["allowReducedMaskResolution", "allow_reduced_mask_resolution"],
    ["responseMaskFormat", "response_mask_format"],
  ],
  "keypoint-detection": [...detection, ["keypointConfidenceThreshold", "keypoint_confidence"]],
  classification: [...everyTask, ...visualising, ["includeAnomalyMap", "include_anomaly_map"]],
  "semantic-segmentation": everyTask,
};

function pick(fields: InferenceConfigurationFields, names: readonly (readonly [Field, string])[]): [string, unknown][] {
  return names.flatMap(([field, name]) => (fields[field] === null ? [] : [[name, fields[field]]]));
}

/** What a configuration adds to requests. Null fields are left out; false, 0 and empty values are sent. */
export const wireParameters = {
  /** Query of an inference on the hosted API. */
  v0Query: (fields: InferenceConfigurationFields): [string, string][] => queryOf(pick(fields, v0Names)),
  /** Body members of a V1 inference. */
  v1Body: (fields: InferenceConfigurationFields, task: InferTask): Record<string, unknown> =>
    Object.fromEntries(pick(fields, v1Names[task])),
  /** Query of V1 inferences and of every foundation model: billing. */
  billingQuery: (fields: InferenceConfigurationFields): [string, string][] =>
    queryOf(
      pick(fields, [
        ["serviceSecret", "service_secret"],
        ["countInference", "countinference"],
      ]),
    ),
  /** Body members of every foundation model: tags of the caller. */
  sourceBody: (fields: InferenceConfigurationFields): Record<string, unknown> =>
    Object.fromEntries(
      pick(fields, [
        ["source", "source"],
        ["sourceInfo", "source_info"],
      ]),
    ),
};

/** Booleans in Python's spelling, which the servers expect. */
function queryOf(pairs: readonly [string, unknown][]): [string, string][] {
  return pairs.map(([name, value]) => [name, value === true ? "True" : value === false ? "False" : String(value)]);
}
