export { type ConfigFile, configPath, formatConfig, parseConfig, readConfigFile } from "./addressing/config-file.ts";
export { type ClarifaiEnvironment, readEnvironment } from "./addressing/environment.ts";
export { type ModelAddress, parseModelUrl } from "./addressing/parse-model-url.ts";
export { defaultApiBase, resolveBaseUrl } from "./addressing/resolve-base-url.ts";
export { type ConnectionSettings, type ResolvedSettings, resolveSettings } from "./addressing/resolve-settings.ts";
export type { RunnerOptions } from "./addressing/runner-choice.ts";
export type { CallOptions } from "./calls/call-options.ts";
export type { ResultStream } from "./calls/result-stream.ts";
export { defaultRetryPolicy, type RetryPolicy } from "./calls/retry-policy.ts";
export { type OpenModelOptions, openModel } from "./command/open-model.ts";
export { runMethods, runScript } from "./command/run-info.ts";
export { type CommandOutput, type PredictCommand, runPredict } from "./command/run-predict.ts";
export { type LoginOptions, saveLogin } from "./command/save-login.ts";
export { ClarifaiError, type ClarifaiErrorDetails } from "./errors/clarifai-error.ts";
export { statusName } from "./errors/status-name.ts";
export {
  type Input,
  InputSchema,
  type Model as ModelMessage,
  type MultiOutputResponse,
  MultiOutputResponseSchema,
  type Output,
} from "./gen/clarifai/api/inference_pb.ts";
export { StatusCode } from "./gen/clarifai/api/status/status_pb.ts";
export {
  InputCaller,
  type InputCallOptions,
  type InputType,
  inputTypes,
  type ResponseStream,
} from "./legacy/input-caller.ts";
export { type OutputReading, readOutput } from "./legacy/read-output.ts";
export type { MethodArguments } from "./model/build-input.ts";
export type { LocalGrpcOptions, TransportOptions } from "./model/create-connection.ts";
export type { MethodCall } from "./model/method-call.ts";
export { Model, type ModelOptions } from "./model/model.ts";
export { type Method, ModelClient, type RawInput } from "./model/model-client.ts";
export type { OutputConfigInput, OutputOptions } from "./model/request-template.ts";
export { type ChatCallOptions, ChatClient } from "./openai/chat-client.ts";
export type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionRequest,
  ChatUsage,
  ToolCall,
  ToolCallDelta,
} from "./openai/openai-types.ts";
export { mergeToolCalls, parseToolCallDeltas, parseToolCalls } from "./openai/tool-calls.ts";
export { clientScript } from "./script/client-script.ts";
export { type BinaryMask, decodeMask, maskArea, maskBox } from "./segmentation/binary-mask.ts";
export { drawRegions } from "./segmentation/draw-regions.ts";
export { groupTracks, type TrackSighting } from "./segmentation/group-tracks.ts";
export { type MaskRle, maskToRle, rleToMask } from "./segmentation/mask-rle.ts";
export { maskToPolygons, type PolygonRing } from "./segmentation/mask-to-polygons.ts";
export { boxPrompt, maskPrompt, type PromptOptions, pointPrompt } from "./segmentation/segmentation-prompts.ts";
export {
  type SegmentationReturn,
  Segmenter,
  type SegmentOptions,
  type SegmentVideoOptions,
} from "./segmentation/segmenter.ts";
export { describeSignature } from "./signatures/describe-signature.ts";
export type {
  DataTypeName,
  FieldDefault,
  MethodField,
  MethodKind,
  MethodSignature,
} from "./signatures/method-signature.ts";
export type {
  ConceptInput,
  ConceptValue,
  FrameInput,
  FrameValue,
  RegionBox,
  RegionInput,
  RegionPoint,
  RegionValue,
} from "./values/annotation-values.ts";
export type { JsonValue } from "./values/json-value.ts";
export type { MediaInput, MediaValue, TextInput, TextValue } from "./values/media-values.ts";
export type { NdArrayDtype, NdArrayInput, NdArrayValue } from "./values/nd-array.ts";
export { connectClarifai } from "./vision/connect-clarifai.ts";
