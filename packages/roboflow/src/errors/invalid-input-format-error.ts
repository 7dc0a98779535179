import { VisionError, type VisionErrorOptions } from "@ocellus/core";
import { RoboflowError } from "./roboflow-error.ts";

/** A value that can be no picture was given as one. */
export class InvalidInputFormatError extends RoboflowError {
  override readonly name = "InvalidInputFormatError";

  constructor(message: string, options?: VisionErrorOptions) {
    super("invalid-argument", message, options);
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is InvalidInputFormatError {
    return VisionError.isInstance(value) && value.name === "InvalidInputFormatError";
  }
}
