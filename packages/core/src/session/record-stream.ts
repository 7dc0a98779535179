import { toOutcome } from "../outcome.ts";
import type { PredictionStream } from "../stream/prediction-stream.ts";

/**
 * A stream that calls `settle` once it is over, with its response, or with null when it failed or was left early.
 */
export function recordStream<Response>(
  stream: PredictionStream<Response>,
  settle: (response: Response | null) => void,
): PredictionStream<Response> {
  let final: Promise<Response> | undefined;
  const finalCompletion = (): Promise<Response> => {
    if (final === undefined) {
      final = stream.finalCompletion();
      final.then(settle, () => settle(null));
    }
    return final;
  };
  /** Passes the items on; however the loop is left, the recording follows. */
  async function* record<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item, undefined, undefined> {
    try {
      for await (const item of items) yield item;
    } finally {
      await toOutcome(finalCompletion());
    }
    return undefined;
  }
  return {
    [Symbol.asyncIterator]: () => record(stream),
    events: () => record(stream.events()),
    finalCompletion,
    outcome: () => toOutcome(finalCompletion()),
    abort: (reason) => {
      stream.abort(reason);
      finalCompletion().catch(() => undefined);
    },
    [Symbol.asyncDispose]: async () => {
      await stream[Symbol.asyncDispose]();
      await toOutcome(finalCompletion());
    },
  };
}
