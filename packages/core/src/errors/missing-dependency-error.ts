import { VisionError, type VisionErrorOptions } from "./vision-error.ts";

/** An optional package or program is needed for this call and is not installed; the message says how to install it. */
export class MissingDependencyError extends VisionError {
  override readonly name = "MissingDependencyError";
  /** Name of the npm package or program. */
  readonly packageName: string;
  /** The command that installs it. */
  readonly installHint: string;

  constructor(
    message: string,
    options: VisionErrorOptions & { readonly packageName: string; readonly installHint: string },
  ) {
    super("missing-dependency", message, options);
    this.packageName = options.packageName;
    this.installHint = options.installHint;
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is MissingDependencyError {
    return VisionError.isInstance(value) && value.code === "missing-dependency";
  }

  protected override details(): Record<string, unknown> {
    return { packageName: this.packageName, installHint: this.installHint };
  }
}
