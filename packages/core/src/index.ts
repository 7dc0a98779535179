export { abortError, linkAbort, raceAbort, throwIfAborted } from "./abort.ts";
export { AsyncQueue } from "./async-queue.ts";
export type { BatchEntry, BatchRun } from "./batch/batch-run.ts";
export { type BatchPlan, type BatchTask, createBatchRun } from "./batch/create-batch-run.ts";
export { checkKnownKeys } from "./check-known-keys.ts";
export { checkNumber, isInRange, type NumberRange } from "./check-number.ts";
export { boxGridSize, type CoordinateSpace, coordinateExtents, type PixelSize, toBoxGrid } from "./coordinate-space.ts";
export { createVisionModel } from "./create-vision-model.ts";
export { describeValue } from "./describe-value.ts";
export { AbortedError } from "./errors/aborted-error.ts";
export { ApiCallError } from "./errors/api-call-error.ts";
export { ConnectionError } from "./errors/connection-error.ts";
export { DisposedError } from "./errors/disposed-error.ts";
export { errorFromJson } from "./errors/error-from-json.ts";
export { GenerationError } from "./errors/generation-error.ts";
export { GrammarError } from "./errors/grammar-error.ts";
export { InsufficientMemoryError } from "./errors/insufficient-memory-error.ts";
export { InvalidArgumentError } from "./errors/invalid-argument-error.ts";
export { MissingDependencyError } from "./errors/missing-dependency-error.ts";
export { ModelLoadError } from "./errors/model-load-error.ts";
export { redactSecrets } from "./errors/redact-secrets.ts";
export { SourceNotFoundError } from "./errors/source-not-found-error.ts";
export { TimeoutError } from "./errors/timeout-error.ts";
export { toVisionError } from "./errors/to-vision-error.ts";
export { UnsupportedMediaError } from "./errors/unsupported-media-error.ts";
export {
  VisionError,
  type VisionErrorCode,
  type VisionErrorJson,
  type VisionErrorOptions,
} from "./errors/vision-error.ts";
export { nameSource } from "./export/name-source.ts";
export {
  type CocoAnnotation,
  type CocoCategory,
  type CocoDataset,
  type CocoEntry,
  type CocoError,
  type CocoImage,
  toCoco,
} from "./export/to-coco.ts";
export { type ToCsvOptions, toCsv } from "./export/to-csv.ts";
export { toJsonLines } from "./export/to-json-lines.ts";
export {
  type CheckpointGenerationConfig,
  type GenerationConfig,
  type GenerationConfigInput,
  generationDefaults,
  type ResolvedGenerationConfig,
} from "./generation/generation-config.ts";
export { readCheckpointGenerationConfig } from "./generation/read-checkpoint-generation-config.ts";
export {
  checkGenerationConfig,
  type ResolveGenerationOptions,
  resolveGenerationConfig,
} from "./generation/resolve-generation-config.ts";
export { importOptional } from "./lazy-dependency.ts";
export { defaultLogger, type Logger, silentLogger } from "./logger.ts";
export type {
  ChatMessage,
  ChatMessageInput,
  ChatPart,
  ChatRole,
  FramesPart,
  ImagePart,
  ImagePartInput,
  TextPart,
  VideoPart,
  VideoPartInput,
} from "./model/chat-message.ts";
export type { ModelInfo } from "./model/model-info.ts";
export type { ResponseByTask, ResponseOf } from "./model/response-of.ts";
export type { JsonSchema, SchemaInput, SchemaOutput, StandardResult, StandardSchema } from "./model/schema-input.ts";
export type { ToolCall, ToolDefinition } from "./model/tool-call.ts";
export type {
  Answer,
  AnswerContext,
  AnswerRequest,
  ExpandFolderOptions,
  VisionBackend,
} from "./model/vision-backend.ts";
export type { VisionModel } from "./model/vision-model.ts";
export type {
  BatchInput,
  BatchRequest,
  CallOptions,
  SingleInput,
  SingleRequest,
  StreamRequest,
  VisionRequest,
} from "./model/vision-request.ts";
export { nearestName, suggestName } from "./nearest-name.ts";
export { type Outcome, toOutcome, unwrap } from "./outcome.ts";
export { type FilterPhraseGroundingsOptions, filterPhraseGroundings } from "./parsing/filter-phrase-groundings.ts";
export { parseFirstJson } from "./parsing/parse-first-json.ts";
export { type ParsedResponse, type ParseResponseOptions, parseResponse } from "./parsing/parse-response.ts";
export type {
  DownloadProgressEvent,
  DownloadTotals,
  LoadProgressEvent,
  ProgressEvent,
  ProgressListener,
  RunProgressEvent,
} from "./progress-event.ts";
export type { AnswerOrigin } from "./responses/answer-origin.ts";
export type { AnswerTimings } from "./responses/answer-timings.ts";
export type { FinishReason } from "./responses/finish-reason.ts";
export type { FreeformResponse, FreeformResult } from "./responses/freeform-response.ts";
export type { GenericResponse, UnparsedResponse, UnparsedText } from "./responses/generic-response.ts";
export type {
  Box,
  GroundedPhrase,
  PhraseGroundingResponse,
  PhraseGroundingResult,
} from "./responses/phrase-grounding-response.ts";
export type { PredictionResponse, ResponseKind, TaskResponse } from "./responses/prediction-response.ts";
export type { ResponseBase } from "./responses/response-base.ts";
export type { StructuredResponse } from "./responses/structured-response.ts";
export type { TokenUsage } from "./responses/token-usage.ts";
export type { VqaResponse, VqaResult } from "./responses/vqa-response.ts";
export { createVisionSession } from "./session/create-vision-session.ts";
export type { SessionOptions, TurnRequest, VisionSession } from "./session/vision-session.ts";
export { fileExtension, imageExtensions, mediaOfBytes, mediaOfPath, videoExtensions } from "./source/media-type.ts";
export { type ParseSourceOptions, parseSource } from "./source/parse-source.ts";
export type {
  BytesSource,
  MediaKind,
  ParsedSource,
  PathSource,
  PixelsSource,
  UrlSource,
} from "./source/parsed-source.ts";
export type { PixelsInput, SourceInput } from "./source/source-input.ts";
export { createPredictionStream, type StreamWork } from "./stream/create-prediction-stream.ts";
export type { PredictionStream } from "./stream/prediction-stream.ts";
export { createThinkingSplitter, type ThinkingSplitter } from "./stream/split-thinking.ts";
export type {
  FinishEvent,
  ObjectDeltaEvent,
  StreamEvent,
  TextDeltaEvent,
  ThinkingDeltaEvent,
} from "./stream/stream-event.ts";
export { cotSuffix } from "./tasks/cot-suffix.ts";
export { checkTaskOption, resolveTask } from "./tasks/resolve-task.ts";
export type { TaskDefinition } from "./tasks/task-definition.ts";
export { taskDefinitions } from "./tasks/task-definitions.ts";
export { type TaskName, type TaskOption, taskNames } from "./tasks/task-name.ts";
export { toPixels } from "./to-pixels.ts";
