import { VisionError, type VisionErrorOptions } from "@ocellus/core";
import { RoboflowError } from "./roboflow-error.ts";

/** The policy for picture URLs forbids this URL. */
export class InvalidUrlImageInputError extends RoboflowError {
  override readonly name = "InvalidUrlImageInputError";

  constructor(message: string, options?: VisionErrorOptions) {
    super("invalid-argument", message, options);
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is InvalidUrlImageInputError {
    return VisionError.isInstance(value) && value.name === "InvalidUrlImageInputError";
  }
}
