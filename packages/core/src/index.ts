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
export { type Outcome, toOutcome, unwrap } from "./outcome.ts";
