import { VisionError, type VisionErrorOptions } from "@ocellus/core";
import { RoboflowError } from "./roboflow-error.ts";

/** The server does not have the model, also after it was asked to load it. */
export class ModelNotInitializedError extends RoboflowError {
  override readonly name = "ModelNotInitializedError";

  constructor(message: string, options?: VisionErrorOptions) {
    super("model-load", message, options);
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is ModelNotInitializedError {
    return VisionError.isInstance(value) && value.name === "ModelNotInitializedError";
  }
}
