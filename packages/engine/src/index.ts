export { type CheckedLoadOptions, checkLoadOptions } from "./check-load-options.ts";
export type { CheckpointMetadata } from "./checkpoint/checkpoint-metadata.ts";
export type { BlockSize, Precision, PrecisionInput, PrecisionParts } from "./checkpoint/precision.ts";
export type { EngineOptions, LoadModelOptions, Speculation } from "./engine-options.ts";
export { supportedModelTypes } from "./families/registry.ts";
export { type InspectModelOptions, inspectModel } from "./inspect-model.ts";
export { loadModel } from "./load-model.ts";
export type {
  AdapterInspection,
  InspectionProblem,
  ModelInspection,
  PrecisionMemory,
  StoredDtype,
} from "./model-inspection.ts";
export type { TorchDtype, TorchLoadOptions } from "./torch-load-options.ts";
