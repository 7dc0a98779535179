import { VisionError, type VisionErrorOptions } from "./vision-error.ts";

/** The model ran but could not produce an answer (prompt too long, a failing graph, numbers that are not finite). */
export class GenerationError extends VisionError {
  override readonly name = "GenerationError";

  constructor(message: string, options?: VisionErrorOptions) {
    super("generation", message, options);
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is GenerationError {
    return VisionError.isInstance(value) && value.code === "generation";
  }
}
