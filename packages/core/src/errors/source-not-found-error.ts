import { VisionError, type VisionErrorOptions } from "./vision-error.ts";

/** A file, folder or URL that was named as a source does not exist or cannot be read. */
export class SourceNotFoundError extends VisionError {
  override readonly name = "SourceNotFoundError";

  constructor(message: string, options?: VisionErrorOptions) {
    super("source-not-found", message, options);
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is SourceNotFoundError {
    return VisionError.isInstance(value) && value.code === "source-not-found";
  }
}
