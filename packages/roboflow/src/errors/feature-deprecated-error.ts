import { VisionError } from "@ocellus/core";
import { RoboflowError } from "./roboflow-error.ts";

/** A method whose server side was removed. */
export class FeatureDeprecatedError extends RoboflowError {
  override readonly name = "FeatureDeprecatedError";
  /** The removed method. */
  readonly feature: string;
  /** Why it was removed. */
  readonly reason: string;
  /** When it was removed. */
  readonly removalRelease: string;

  constructor(details: { readonly feature: string; readonly reason: string; readonly removalRelease: string }) {
    const { feature, reason, removalRelease } = details;
    super("invalid-argument", `${feature} has been removed (${removalRelease}): ${reason}`);
    this.feature = feature;
    this.reason = reason;
    this.removalRelease = removalRelease;
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is FeatureDeprecatedError {
    return VisionError.isInstance(value) && value.name === "FeatureDeprecatedError";
  }

  protected override details(): Record<string, unknown> {
    return { feature: this.feature, reason: this.reason, removalRelease: this.removalRelease };
  }
}
