import { VisionError, type VisionErrorOptions } from "@ocellus/core";
import { RoboflowError } from "./roboflow-error.ts";

/** The server answered with success, but not with what the call is documented to return. */
export class InvalidResponseError extends RoboflowError {
  override readonly name = "InvalidResponseError";
  /** HTTP status of the answer. */
  readonly status: number;
  /** The URL that was called, without its query. */
  readonly url: string;

  constructor(message: string, options: VisionErrorOptions & { readonly status: number; readonly url: string }) {
    super("api-call", message, options);
    this.status = options.status;
    this.url = options.url.replace(/[?#].*$/s, "");
  }

  /** True for this class, also from another copy of the package. */
  static override isInstance(value: unknown): value is InvalidResponseError {
    return VisionError.isInstance(value) && value.name === "InvalidResponseError";
  }

  protected override details(): Record<string, unknown> {
    return { status: this.status, url: this.url };
  }
}
