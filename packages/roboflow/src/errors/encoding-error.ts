import { VisionError, type VisionErrorOptions } from "@ocellus/core";
import { RoboflowError } from "./roboflow-error.ts";

/** A picture could not be read, decoded or written. */
export class EncodingError extends RoboflowError {
  override readonly name = "EncodingError";

  constructor(message: string, options?: VisionErrorOptions) {
    super("unsupported-media", message, options);
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is EncodingError {
    return VisionError.isInstance(value) && value.name === "EncodingError";
  }
}
