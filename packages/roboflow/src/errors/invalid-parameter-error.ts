import { VisionError, type VisionErrorOptions } from "@ocellus/core";
import { RoboflowError } from "./roboflow-error.ts";

/** Arguments that do not fit together, an empty id, a value out of its set. */
export class InvalidParameterError extends RoboflowError {
  override readonly name = "InvalidParameterError";

  constructor(message: string, options?: VisionErrorOptions) {
    super("invalid-argument", message, options);
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is InvalidParameterError {
    return VisionError.isInstance(value) && value.name === "InvalidParameterError";
  }
}
