export type { InferenceHTTPClientOptions } from "./client/client-options.ts";
export type { ClientChanges } from "./client/configured-client.ts";
export { InferenceHTTPClient } from "./client/inference-http-client.ts";
export type { InferOptions, OneOrMany } from "./client/models-client.ts";
export { type ClientMode, clientModeOf, type RoboflowService, roboflowServiceUrl } from "./configuration/api-url.ts";
export { InferenceConfiguration } from "./configuration/inference-configuration.ts";
export type {
  ApiKeyTransport,
  InferenceConfigurationFields,
  VisualisationFormat,
} from "./configuration/inference-configuration-fields.ts";
export { ApiKeyNotProvidedError } from "./errors/api-key-not-provided-error.ts";
export { EncodingError } from "./errors/encoding-error.ts";
export { FeatureDeprecatedError } from "./errors/feature-deprecated-error.ts";
export { HTTPCallError, type ServerErrorReport } from "./errors/http-call-error.ts";
export { InvalidInputFormatError } from "./errors/invalid-input-format-error.ts";
export { InvalidModelIdentifierError } from "./errors/invalid-model-identifier-error.ts";
export { InvalidParameterError } from "./errors/invalid-parameter-error.ts";
export { InvalidResponseError } from "./errors/invalid-response-error.ts";
export { InvalidUrlImageInputError } from "./errors/invalid-url-image-input-error.ts";
export { ModelNotInitializedError } from "./errors/model-not-initialized-error.ts";
export { ModelNotSelectedError } from "./errors/model-not-selected-error.ts";
export { ModelTaskTypeNotSupportedError } from "./errors/model-task-type-not-supported-error.ts";
export { RoboflowError } from "./errors/roboflow-error.ts";
export { WrongClientModeError } from "./errors/wrong-client-mode-error.ts";
export type { ClipArgumentType, ClipCompareOptions, ClipOptions } from "./foundation/clip.ts";
export type { DepthOptions } from "./foundation/depth.ts";
export type { ImageEmbeddingsOptions, PerceptionEncoderOptions } from "./foundation/embeddings.ts";
export type { LmmOptions } from "./foundation/lmm.ts";
export type { OcrOptions } from "./foundation/ocr.ts";
export type {
  Sam2Options,
  Sam3ConceptOptions,
  Sam3ConceptPrompt,
  Sam3dOptions,
  Sam3EmbedOptions,
  Sam3VisualOptions,
  SamPrompt,
} from "./foundation/sam.ts";
export type { YoloWorldOptions } from "./foundation/yolo-world.ts";
export type { ImageInput, ImageList, ImagesInput, WireImage } from "./images/image-input.ts";
export type { StreamFrame, StreamInput } from "./infer/infer-on-stream.ts";
export type { VideoInput } from "./infer/infer-on-video.ts";
export { modelAliases, resolveModelAlias } from "./models/model-aliases.ts";
export type { ModelDescription, RegisteredModels, ServerInfo } from "./models/model-description.ts";
export type {
  BufferFillingStrategy,
  PipelineList,
  PipelineResponse,
  PipelineResults,
  StartPipelineOptions,
  VideoReference,
} from "./pipelines/inference-pipelines.ts";
export { drawResult } from "./results/draw-result.ts";
export type { FloatMap } from "./results/float-map.ts";
export type {
  ActionRecognitionResult,
  ActionSpan,
  ClipComparison,
  DepthResult,
  EmbeddingsResult,
  ImageEmbeddingsResult,
  LmmResult,
  OcrResult,
} from "./results/foundation-results.ts";
export { type IdentifiedResult, identifyResult } from "./results/identify-result.ts";
export { decodeRleMask, encodeRleMask, type RleMask } from "./results/rle-mask.ts";
export type {
  Sam3ConceptResult,
  Sam3dResult,
  SamEmbeddingResult,
  SamPrediction,
  SamResult,
} from "./results/sam-results.ts";
export type {
  BoxPrediction,
  ClassificationResult,
  ClassPrediction,
  InferenceResult,
  InstanceSegmentationResult,
  Keypoint,
  KeypointDetectionResult,
  KeypointPrediction,
  MultiLabelClassificationResult,
  ObjectDetectionResult,
  ResultBase,
  SegmentPrediction,
  SemanticSegmentationResult,
} from "./results/task-results.ts";
export type { CallOptions } from "./transport/client-state.ts";
export { type ConnectRoboflowOptions, connectRoboflow } from "./vision-model/connect-roboflow.ts";
export type { WorkflowOutput } from "./workflows/decode-outputs.ts";
export type { InferFromWorkflowOptions, RunWorkflowOptions, WorkflowChoice } from "./workflows/run-workflow.ts";
