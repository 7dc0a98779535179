import { VisionError, type VisionErrorOptions } from "./vision-error.ts";

/** A model, stream or session was used after it had been closed. */
export class DisposedError extends VisionError {
  override readonly name = "DisposedError";

  constructor(message: string, options?: VisionErrorOptions) {
    super("disposed", message, options);
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is DisposedError {
    return VisionError.isInstance(value) && value.code === "disposed";
  }
}
