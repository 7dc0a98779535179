import { VisionError, type VisionErrorOptions } from "./vision-error.ts";

/** An external wait took longer than its limit. */
export class TimeoutError extends VisionError {
  override readonly name = "TimeoutError";
  override readonly isRetryable = true;

  /** The limit that was exceeded, in milliseconds. */
  readonly timeoutMs: number;

  constructor(message: string, options: VisionErrorOptions & { readonly timeoutMs: number }) {
    super("timeout", message, options);
    this.timeoutMs = options.timeoutMs;
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is TimeoutError {
    return VisionError.isInstance(value) && value.code === "timeout";
  }

  protected override details(): Record<string, unknown> {
    return { timeoutMs: this.timeoutMs };
  }
}
