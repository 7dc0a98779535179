import type { ResponseBase } from "./response-base.ts";

/** Result of visual question answering. */
export interface VqaResult {
  /** The answer, at least one character. */
  readonly answer: string;
}

/** A parsed answer of the task `vqa`. */
export interface VqaResponse extends ResponseBase {
  readonly kind: "vqa";
  readonly result: VqaResult;
}
