import { VisionError, type VisionErrorOptions } from "@ocellus/core";
import { RoboflowError } from "./roboflow-error.ts";

/** The method exists only in the other of the two API modes. */
export class WrongClientModeError extends RoboflowError {
  override readonly name = "WrongClientModeError";

  constructor(message: string, options?: VisionErrorOptions) {
    super("invalid-argument", message, options);
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is WrongClientModeError {
    return VisionError.isInstance(value) && value.name === "WrongClientModeError";
  }
}
