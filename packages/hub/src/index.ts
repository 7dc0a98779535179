export type {
  AbortOptions,
  Checkpoint,
  FingerprintOptions,
  FingerprintProgress,
  ReadTensorOptions,
  ReadTextOptions,
} from "./checkpoint.ts";
export { type OpenCheckpointOptions, openCheckpoint } from "./open-checkpoint.ts";
export { isSafetensorsDtype, type SafetensorsDtype, safetensorsDtypeBits } from "./safetensors-dtype.ts";
export type { TensorInfo } from "./tensor-info.ts";
