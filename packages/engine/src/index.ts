export type { BlockSize, Precision } from "./checkpoint/precision.ts";
export type { EngineOptions, LoadModelOptions } from "./engine-options.ts";
export { supportedModelTypes } from "./families/registry.ts";
export { loadModel } from "./load-model.ts";
