import type { Outcome } from "../outcome.ts";
import type { SourceInput } from "../source/source-input.ts";

/** One finished entry of a run. */
export interface BatchEntry<Response> {
  /** Place in the list after the expansion of folders. */
  readonly index: number;
  /** What the caller gave, or the path that a folder was expanded to. */
  readonly source: SourceInput;
  readonly outcome: Outcome<Response>;
}

/**
 * A run over several sources, already started. `await` gives one outcome per source in order; iteration gives them as
 * they finish (one consumer; leaving the loop early aborts the rest). One failure never ends the run, and an aborted
 * run still resolves: what was not finished has an `AbortedError`. It rejects only for a mistake that shows late: a
 * list of prompts that does not fit the expanded folders.
 */
export interface BatchRun<Response>
  extends PromiseLike<readonly Outcome<Response>[]>,
    AsyncIterable<BatchEntry<Response>>,
    AsyncDisposable {
  [Symbol.asyncIterator](): AsyncIterator<BatchEntry<Response>, undefined, undefined>;
  /** Aborts what is running and what has not begun. The reason becomes the `cause` of the errors. */
  abort(reason?: unknown): void;
}
