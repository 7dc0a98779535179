import { VisionError, type VisionErrorOptions } from "@ocellus/core";
import { RoboflowError } from "./roboflow-error.ts";

/** A call without `modelId` on a client that has no selected model. */
export class ModelNotSelectedError extends RoboflowError {
  override readonly name = "ModelNotSelectedError";

  constructor(message: string, options?: VisionErrorOptions) {
    super("invalid-argument", message, options);
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is ModelNotSelectedError {
    return VisionError.isInstance(value) && value.name === "ModelNotSelectedError";
  }
}
