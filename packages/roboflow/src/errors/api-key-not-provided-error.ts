import { VisionError, type VisionErrorOptions } from "@ocellus/core";
import { RoboflowError } from "./roboflow-error.ts";

/** The call needs an API key and the client has none. */
export class ApiKeyNotProvidedError extends RoboflowError {
  override readonly name = "ApiKeyNotProvidedError";

  constructor(message: string, options?: VisionErrorOptions) {
    super("invalid-argument", message, options);
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is ApiKeyNotProvidedError {
    return VisionError.isInstance(value) && value.name === "ApiKeyNotProvidedError";
  }
}
