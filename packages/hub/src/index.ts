export { type FileLock, type FileLockOptions, lockFile } from "./cache/file-lock.ts";
export type { CachedModel, CachedRevision } from "./cached-model.ts";
export type {
  AbortOptions,
  Checkpoint,
  FingerprintOptions,
  FingerprintProgress,
  ReadTensorOptions,
  ReadTextOptions,
} from "./checkpoint.ts";
export { checkRevision, isHubId } from "./hub-id.ts";
export type { HubAccess, HubOptions } from "./hub-options.ts";
export { listModels } from "./list-models.ts";
export { locateCheckpoint } from "./locate-checkpoint.ts";
export { type OpenCheckpointOptions, openCheckpoint } from "./open-checkpoint.ts";
export { type PulledModel, pullModel } from "./pull-model.ts";
export { type RemovedModel, type RemoveModelOptions, removeModel } from "./remove-model.ts";
export { checkHubAccess } from "./resolve-hub-options.ts";
export { isSafetensorsDtype, type SafetensorsDtype, safetensorsDtypeBits } from "./safetensors-dtype.ts";
export type { TensorInfo } from "./tensor-info.ts";
export { type DamagedFile, type VerifiedModel, type VerifyModelOptions, verifyModel } from "./verify-model.ts";
