import { VisionError, type VisionErrorOptions } from "./vision-error.ts";

/** A model does not fit into the free memory of the machine. Raised before anything large is loaded. */
export class InsufficientMemoryError extends VisionError {
  override readonly name = "InsufficientMemoryError";
  /** Bytes that the model needs at the chosen precision. */
  readonly requiredBytes: number;
  /** Bytes that the process could still get when it asked. */
  readonly availableBytes: number;

  constructor(
    message: string,
    options: VisionErrorOptions & { readonly requiredBytes: number; readonly availableBytes: number },
  ) {
    super("insufficient-memory", message, options);
    this.requiredBytes = options.requiredBytes;
    this.availableBytes = options.availableBytes;
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is InsufficientMemoryError {
    return VisionError.isInstance(value) && value.code === "insufficient-memory";
  }

  protected override details(): Record<string, unknown> {
    return { requiredBytes: this.requiredBytes, availableBytes: this.availableBytes };
  }
}
