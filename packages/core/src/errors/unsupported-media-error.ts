import { VisionError, type VisionErrorOptions } from "./vision-error.ts";

/** Bytes that are no picture or video we can decode, are damaged, or exceed a limit (pixels, bytes, aspect ratio). */
export class UnsupportedMediaError extends VisionError {
  override readonly name = "UnsupportedMediaError";

  constructor(message: string, options?: VisionErrorOptions) {
    super("unsupported-media", message, options);
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is UnsupportedMediaError {
    return VisionError.isInstance(value) && value.code === "unsupported-media";
  }
}
