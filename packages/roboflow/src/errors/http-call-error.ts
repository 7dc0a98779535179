import { VisionError, type VisionErrorOptions } from "@ocellus/core";
import { RoboflowError } from "./roboflow-error.ts";

/** What a server tells about a failed call; null where it does not. */
export interface ServerErrorReport {
  /** The server's message, with `More details` of an inner error appended; the text of an answer that is no JSON. */
  readonly apiMessage: string | null;
  /** `detail` of a validation error (status 422): a list of `{ type, loc, msg }`. */
  readonly detail: unknown;
  /** Class of the error on the server, such as `WorkflowSyntaxError`. */
  readonly errorType: string | null;
  /** Phase of a workflow in which it happened. */
  readonly context: string | null;
  readonly innerErrorType: string | null;
  readonly innerErrorMessage: string | null;
  /** Steps of a workflow that are to blame: `{ block_id, property_name, … }`. */
  readonly blocksErrors: readonly unknown[];
  readonly helpUrl: string | null;
  /** The server's correlation id (`X-Request-ID`). */
  readonly requestId: string | null;
  /** The wait that `Retry-After` asks for. */
  readonly retryAfterMs: number | null;
}

/** The server answered with a status that is no success. */
export class HTTPCallError extends RoboflowError implements ServerErrorReport {
  override readonly name = "HTTPCallError";
  override readonly isRetryable: boolean;
  /** HTTP status of the last answer. */
  readonly status: number;
  /** The URL that was called, without its query. */
  readonly url: string;
  readonly apiMessage: string | null;
  readonly detail: unknown;
  readonly errorType: string | null;
  readonly context: string | null;
  readonly innerErrorType: string | null;
  readonly innerErrorMessage: string | null;
  readonly blocksErrors: readonly unknown[];
  readonly helpUrl: string | null;
  readonly requestId: string | null;
  readonly retryAfterMs: number | null;

  constructor(
    message: string,
    options: VisionErrorOptions & ServerErrorReport & { readonly status: number; readonly url: string },
  ) {
    super("api-call", message, options);
    this.status = options.status;
    this.url = options.url.replace(/[?#].*$/s, "");
    this.isRetryable = retryableStatuses.has(options.status) || options.status >= 500;
    this.apiMessage = options.apiMessage;
    this.detail = options.detail;
    this.errorType = options.errorType;
    this.context = options.context;
    this.innerErrorType = options.innerErrorType;
    this.innerErrorMessage = options.innerErrorMessage;
    this.blocksErrors = options.blocksErrors;
    this.helpUrl = options.helpUrl;
    this.requestId = options.requestId;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is HTTPCallError {
    return VisionError.isInstance(value) && value.name === "HTTPCallError";
  }

  protected override details(): Record<string, unknown> {
    const { status, url, apiMessage, detail, errorType, context, blocksErrors, requestId, retryAfterMs } = this;
    return { status, url, apiMessage, detail, errorType, context, blocksErrors, requestId, retryAfterMs };
  }
}

const retryableStatuses: ReadonlySet<number> = new Set([408, 409, 429]);
