import type { Outcome } from "../outcome.ts";
import type { StreamEvent } from "./stream-event.ts";

/**
 * An answer while it is generated. The work starts when the stream is first used (iterated, or asked for its final
 * completion or outcome), so an unused stream costs nothing.
 *
 * One consumer only: a second iteration throws an `InvalidArgumentError`. Leaving the loop early stops the model; then
 * `finalCompletion()` rejects with an `AbortedError`. A stream that failed rejects with the same error everywhere.
 */
export interface PredictionStream<Response> extends AsyncIterable<string>, AsyncDisposable {
  /** The text as it comes; the pieces joined are `rawOutput`, tags of `cot` included. */
  [Symbol.asyncIterator](): AsyncIterator<string, undefined, undefined>;
  /** The typed twin of the iteration: thinking and answer apart, tags removed, then the finished response. */
  events(): AsyncIterableIterator<StreamEvent<Response>, undefined, undefined>;
  /** The whole response; may be called without iterating, and as often as wanted. */
  finalCompletion(): Promise<Response>;
  /** {@link finalCompletion} as a tuple; never rejects. */
  outcome(): Promise<Outcome<Response>>;
  /** Stops the model. The reason becomes the `cause` of the `AbortedError`. */
  abort(reason?: unknown): void;
}
