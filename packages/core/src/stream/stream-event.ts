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

/** A structured answer as far as it can be read. Reserved: no stream emits it yet; ignore what you do not know. */
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
