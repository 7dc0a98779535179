import { VisionError, type VisionErrorOptions } from "./vision-error.ts";

/** A mistake of the calling program: an unknown option, a wrong type, lists of different lengths. Thrown at once, never returned. */
export class InvalidArgumentError extends VisionError {
  override readonly name = "InvalidArgumentError";

  constructor(message: string, options?: VisionErrorOptions) {
    super("invalid-argument", message, options);
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is InvalidArgumentError {
    return VisionError.isInstance(value) && value.code === "invalid-argument";
  }
}
