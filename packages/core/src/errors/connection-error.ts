import { VisionError, type VisionErrorOptions } from "./vision-error.ts";

/** No answer could be had from a remote machine: name not found, refused, reset, or an address that is not allowed. */
export class ConnectionError extends VisionError {
  override readonly name = "ConnectionError";
  override readonly isRetryable: boolean;

  constructor(message: string, options: VisionErrorOptions & { readonly isRetryable?: boolean } = {}) {
    super("connection", message, options);
    this.isRetryable = options.isRetryable ?? true;
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is ConnectionError {
    return VisionError.isInstance(value) && value.code === "connection";
  }

  protected override details(): Record<string, unknown> {
    return { isRetryable: this.isRetryable };
  }
}
