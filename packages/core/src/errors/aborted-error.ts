import { VisionError, type VisionErrorOptions } from "./vision-error.ts";

/** The caller's `signal` was aborted; `cause` is the signal's reason. */
export class AbortedError extends VisionError {
  override readonly name = "AbortedError";

  constructor(message = "The operation was aborted by its signal.", options?: VisionErrorOptions) {
    super("aborted", message, options);
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is AbortedError {
    return VisionError.isInstance(value) && value.code === "aborted";
  }
}
