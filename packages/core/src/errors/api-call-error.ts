import { VisionError, type VisionErrorOptions } from "./vision-error.ts";

/** Status codes after which the same request may succeed later (request timeout, conflict, rate limit, server side). */
const retryableStatuses: ReadonlySet<number> = new Set([408, 409, 429]);

/** A remote service answered with an HTTP status that is no success. */
export class ApiCallError extends VisionError {
  override readonly name = "ApiCallError";
  override readonly isRetryable: boolean;
  /** HTTP status of the answer. */
  readonly status: number;
  /** The URL that was called, without its query. */
  readonly url: string;

  constructor(message: string, options: VisionErrorOptions & { readonly status: number; readonly url: string }) {
    super("api-call", message, options);
    this.status = options.status;
    this.url = options.url.replace(/[?#].*$/s, "");
    this.isRetryable = retryableStatuses.has(options.status) || options.status >= 500;
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is ApiCallError {
    return VisionError.isInstance(value) && value.code === "api-call";
  }

  protected override details(): Record<string, unknown> {
    return { status: this.status, url: this.url };
  }
}
