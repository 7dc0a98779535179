import { VisionError, type VisionErrorOptions } from "@ocellus/core";
import { RoboflowError } from "./roboflow-error.ts";

/** A model id does not have the form that the hosted API needs: `project/version`. */
export class InvalidModelIdentifierError extends RoboflowError {
  override readonly name = "InvalidModelIdentifierError";

  constructor(message: string, options?: VisionErrorOptions) {
    super("invalid-argument", message, options);
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is InvalidModelIdentifierError {
    return VisionError.isInstance(value) && value.name === "InvalidModelIdentifierError";
  }
}
