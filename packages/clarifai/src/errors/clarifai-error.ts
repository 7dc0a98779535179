import { VisionError, type VisionErrorOptions } from "@ocellus/core";
import { isRetryableStatus, statusName } from "./status-name.ts";

/** What Clarifai said about a failure. */
export interface ClarifaiErrorDetails {
  /** Clarifai's status code (21200, 10020, …); 0 when the failure is one of gRPC or HTTP. */
  readonly statusCode: number;
  readonly description: string;
  /** Longer text: for a model that raised, the text of its exception. */
  readonly statusDetails: string;
  /** Id of the request in Clarifai's logs; `""` without one. */
  readonly requestId: string;
  /** Traceback of a model that raised, when the server sends it. */
  readonly stackTrace: readonly string[];
  /** gRPC status name (`INTERNAL`) when the call itself failed; `null` when the service answered. */
  readonly grpcStatus: string | null;
  /** HTTP status: of a REST answer, else the nearest one. */
  readonly status: number;
  /** What was called, without secrets. */
  readonly url: string;
  /** Place of the failed input in a request of several; `null` for the whole request. */
  readonly outputIndex: number | null;
}

/**
 * Clarifai refused a call or a model failed. `error.statusCode` and `error.statusName` say why, `error.statusDetails` holds the
 * text of the model's exception, `error.requestId` is what support asks for. Its `code` is `"api-call"`.
 */
export class ClarifaiError extends VisionError implements ClarifaiErrorDetails {
  override readonly name = "ClarifaiError";
  override readonly isRetryable: boolean;
  readonly statusCode: number;
  /** Name of the status code (`MODEL_DOES_NOT_EXIST`), or its number as text. */
  readonly statusName: string;
  readonly description: string;
  readonly statusDetails: string;
  readonly requestId: string;
  readonly stackTrace: readonly string[];
  readonly grpcStatus: string | null;
  readonly status: number;
  readonly url: string;
  readonly outputIndex: number | null;

  constructor(message: string, options: VisionErrorOptions & ClarifaiErrorDetails) {
    super("api-call", message, options);
    this.statusCode = options.statusCode;
    this.statusName = statusName(options.statusCode);
    this.description = options.description;
    this.statusDetails = options.statusDetails;
    this.requestId = options.requestId;
    this.stackTrace = options.stackTrace;
    this.grpcStatus = options.grpcStatus;
    this.status = options.status;
    this.url = options.url.replace(/[?#].*$/s, "");
    this.outputIndex = options.outputIndex;
    this.isRetryable = isRetryableStatus(options.statusCode) || options.grpcStatus === "RESOURCE_EXHAUSTED";
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is ClarifaiError {
    return VisionError.isInstance(value) && value.name === "ClarifaiError";
  }

  protected override details(): Record<string, unknown> {
    const { status, url, statusCode, statusName, description, statusDetails, requestId, grpcStatus } = this;
    return { status, url, statusCode, statusName, description, statusDetails, requestId, grpcStatus };
  }
}
