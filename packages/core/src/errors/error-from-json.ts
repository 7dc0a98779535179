import { AbortedError } from "./aborted-error.ts";
import { ApiCallError } from "./api-call-error.ts";
import { ConnectionError } from "./connection-error.ts";
import { DisposedError } from "./disposed-error.ts";
import { GenerationError } from "./generation-error.ts";
import { GrammarError } from "./grammar-error.ts";
import { InsufficientMemoryError } from "./insufficient-memory-error.ts";
import { InvalidArgumentError } from "./invalid-argument-error.ts";
import { MissingDependencyError } from "./missing-dependency-error.ts";
import { ModelLoadError } from "./model-load-error.ts";
import { SourceNotFoundError } from "./source-not-found-error.ts";
import { TimeoutError } from "./timeout-error.ts";
import { UnsupportedMediaError } from "./unsupported-media-error.ts";
import type { VisionError, VisionErrorCode, VisionErrorJson } from "./vision-error.ts";

type Revive = (message: string, details: never) => VisionError;

const constructors: Record<VisionErrorCode, Revive> = {
  "invalid-argument": (message) => new InvalidArgumentError(message),
  "source-not-found": (message) => new SourceNotFoundError(message),
  "unsupported-media": (message) => new UnsupportedMediaError(message),
  "model-load": (message) => new ModelLoadError(message),
  "insufficient-memory": (message, details) => new InsufficientMemoryError(message, details),
  generation: (message) => new GenerationError(message),
  grammar: (message) => new GrammarError(message),
  aborted: (message) => new AbortedError(message),
  timeout: (message, details) => new TimeoutError(message, details),
  disposed: (message) => new DisposedError(message),
  "missing-dependency": (message, details) => new MissingDependencyError(message, details),
  connection: (message, details) => new ConnectionError(message, details),
  "api-call": (message, details) => new ApiCallError(message, details),
};

/**
 * Rebuilds the typed error that `error.toJSON()` described, after it crossed a thread or a network border. What does
 * not describe one of this version (another code, missing details) becomes a {@link GenerationError} with its message.
 */
export function errorFromJson(json: VisionErrorJson): VisionError {
  const message =
    typeof json?.message === "string" ? json.message : "The other side reported an error without a message.";
  if (!Object.hasOwn(constructors, json?.code)) return new GenerationError(message);
  try {
    return constructors[json.code](message, (json.details ?? {}) as never);
  } catch {
    return new GenerationError(message);
  }
}
