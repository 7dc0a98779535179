/** A piece of the answer's text, outside of thinking and without the tags of `cot`. */
export interface TextDeltaEvent {
  readonly type: "text-delta";
  readonly text: string;
}

/** A piece of the text inside `<think>…</think>`. */
export interface ThinkingDeltaEvent {
  readonly type: "thinking-delta";
  readonly text: string;
}

/**
 * A JSON answer as far as it can be read, behind the piece of text that changed it. Open texts and lists hold what is
 * known of them; a number comes when it is complete. The object is a new one each time and is not checked by the schema.
 */
export interface ObjectDeltaEvent {
  readonly type: "object-delta";
  readonly object: unknown;
}

/** The last event of a stream that did not fail. */
export interface FinishEvent<Response> {
  readonly type: "finish";
  readonly response: Response;
}

/** What `stream.events()` yields; `type` discriminates. */
export type StreamEvent<Response> = TextDeltaEvent | ThinkingDeltaEvent | ObjectDeltaEvent | FinishEvent<Response>;
