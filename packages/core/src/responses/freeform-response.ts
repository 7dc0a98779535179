import type { ResponseBase } from "./response-base.ts";

/** Result of the structured caption task. */
export interface FreeformResult {
  /** The caption, at least one character. */
  readonly caption: string;
}

/** A parsed answer of the task `freeform`, for pictures and videos. */
export interface FreeformResponse extends ResponseBase {
  readonly kind: "freeform";
  readonly result: FreeformResult;
}
