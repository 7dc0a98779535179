/** How the text, number or list of a configuration field is checked. */
export type FieldKind =
  | { readonly kind: "boolean" | "text" | "texts" | "confidence" | "whole" | "number" | "fraction" }
  | { readonly kind: "one-of"; readonly values: readonly string[] };

const number: FieldKind = { kind: "number" };
const boolean: FieldKind = { kind: "boolean" };
const text: FieldKind = { kind: "text" };
const texts: FieldKind = { kind: "texts" };
const whole: FieldKind = { kind: "whole" };
const oneOf = (...values: string[]): FieldKind => ({ kind: "one-of", values });

/** What each field of a configuration may be; every one may also be null unless its default is not. */
export const configurationFields: Readonly<Record<string, FieldKind>> = {
  confidenceThreshold: { kind: "confidence" },
  keypointConfidenceThreshold: number,
  format: oneOf("json", "image", "image_and_json"),
  maskDecodeMode: oneOf("accurate", "fast", "tradeoff"),
  tradeoffFactor: { kind: "fraction" },
  allowReducedMaskResolution: boolean,
  maxCandidates: whole,
  maxDetections: whole,
  iouThreshold: number,
  strokeWidth: whole,
  countInference: boolean,
  serviceSecret: text,
  disablePreprocAutoOrientation: boolean,
  disablePreprocContrast: boolean,
  disablePreprocGrayscale: boolean,
  disablePreprocStaticCrop: boolean,
  classAgnosticNms: boolean,
  classFilter: texts,
  fixBatchSize: boolean,
  includeAnomalyMap: boolean,
  visualizePredictions: boolean,
  visualizeLabels: boolean,
  outputVisualisationFormat: oneOf("base64", "picture", "numpy", "pillow", "raw"),
  imageExtensionsForDirectoryScan: texts,
  clientDownsizingDisabled: boolean,
  defaultMaxInputSize: whole,
  disableActiveLearning: boolean,
  activeLearningTargetDataset: text,
  maxConcurrentRequests: whole,
  maxBatchSize: whole,
  source: text,
  sourceInfo: text,
  profilingDirectory: text,
  workflowRunRetriesEnabled: boolean,
  responseMaskFormat: oneOf("polygon", "rle"),
  apiKeyTransport: oneOf("legacy", "both", "header"),
  modelDescriptionCache: boolean,
  imageEncoding: oneOf("jpeg", "png"),
  jpegQuality: whole,
  urlImages: oneOf("fetch", "send", "refuse"),
  allowPrivateUrls: boolean,
};
