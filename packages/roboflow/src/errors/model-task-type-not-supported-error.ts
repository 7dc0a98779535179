import { VisionError, type VisionErrorOptions } from "@ocellus/core";
import { RoboflowError } from "./roboflow-error.ts";

/** The model's task cannot be run by the method that was called. */
export class ModelTaskTypeNotSupportedError extends RoboflowError {
  override readonly name = "ModelTaskTypeNotSupportedError";

  constructor(message: string, options?: VisionErrorOptions) {
    super("invalid-argument", message, options);
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is ModelTaskTypeNotSupportedError {
    return VisionError.isInstance(value) && value.name === "ModelTaskTypeNotSupportedError";
  }
}
