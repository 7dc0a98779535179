import { VisionError, type VisionErrorOptions } from "./vision-error.ts";

/** A schema or grammar that cannot be compiled or does not fit the tokenizer of the model. */
export class GrammarError extends VisionError {
  override readonly name = "GrammarError";

  constructor(message: string, options?: VisionErrorOptions) {
    super("grammar", message, options);
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is GrammarError {
    return VisionError.isInstance(value) && value.code === "grammar";
  }
}
