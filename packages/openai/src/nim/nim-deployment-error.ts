import { VisionError } from "@ocellus/core";

/** What went wrong with a NIM container. */
export type NimFailure =
  | "docker"
  | "container-exists"
  | "image-missing"
  | "container-ended"
  | "model-incompatible"
  | "not-ready";

/** A NIM container could not be brought up or down. Its code is `model-load`. */
export class NimDeploymentError extends VisionError {
  override readonly name = "NimDeploymentError";
  /** What went wrong. */
  readonly failure: NimFailure;

  constructor(failure: NimFailure, message: string, options: { readonly cause?: unknown } = {}) {
    super("model-load", message, options);
    this.failure = failure;
  }

  protected override details(): Record<string, unknown> {
    return { failure: this.failure };
  }
}
