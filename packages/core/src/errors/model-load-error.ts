import { VisionError, type VisionErrorOptions } from "./vision-error.ts";

/** A checkpoint that cannot be loaded: missing or damaged files, an unsupported architecture, tensors that do not fit. */
export class ModelLoadError extends VisionError {
  override readonly name = "ModelLoadError";

  constructor(message: string, options?: VisionErrorOptions) {
    super("model-load", message, options);
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is ModelLoadError {
    return VisionError.isInstance(value) && value.code === "model-load";
  }
}
