import { VisionError } from "@ocellus/core";

/**
 * The base of the errors that only this package has. `name` tells the kind (it is the name of the Python client's
 * class where there is one); `code` is that of the nearest core error, so `ApiCallError.isInstance` and its siblings
 * work on them.
 */
export class RoboflowError extends VisionError {
  override readonly name: string = "RoboflowError";

  /** True for any error of this package, also from another copy of it. */
  static override isInstance(value: unknown): value is RoboflowError {
    return VisionError.isInstance(value) && names.has(value.name);
  }
}

/** Every name that a subclass has. */
const names: ReadonlySet<string> = new Set([
  "ApiKeyNotProvidedError",
  "EncodingError",
  "FeatureDeprecatedError",
  "HTTPCallError",
  "InvalidInputFormatError",
  "InvalidModelIdentifierError",
  "InvalidParameterError",
  "InvalidResponseError",
  "InvalidUrlImageInputError",
  "ModelNotInitializedError",
  "ModelNotSelectedError",
  "ModelTaskTypeNotSupportedError",
  "WrongClientModeError",
]);
