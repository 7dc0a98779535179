import type { ResponseBase } from "./response-base.ts";

/**
 * A parsed answer to a call with `schema`. `result` is the output of the schema. A fifth kind beside the four of the
 * tasks, so that `kind` alone tells a parsed object from a text that did not parse (`generic`).
 */
export interface StructuredResponse<Result = unknown> extends ResponseBase {
  readonly kind: "structured";
  readonly result: Result;
}
