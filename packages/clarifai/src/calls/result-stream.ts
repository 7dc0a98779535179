import { AbortedError, InvalidArgumentError, type Outcome, toOutcome } from "@ocellus/core";

/**
 * The results of a streaming call as they come. Iterating, or asking for the end, starts the call. One consumer; leaving
 * the loop, `abort` and the call's signal stop the model.
 *
 * `Chunk` is one result; `Final` what all of them make: the joined text for a method that streams strings, else the list.
 */
export interface ResultStream<Chunk, Final> extends AsyncIterable<Chunk>, AsyncDisposable {
  /** Everything that was streamed; may be called without iterating. Rejects with the error of the stream. */
  finalCompletion(): Promise<Final>;
  /** The same as an outcome; never rejects. */
  outcome(): Promise<Outcome<Final>>;
  /** Stops the call underneath; what was delivered stays. */
  abort(reason?: unknown): void;
}

/** What a {@link ResultStream} is made of. */
export interface ResultStreamOptions<Chunk, Final> {
  /** Opens the call; called once, at the first use. */
  open(signal: AbortSignal): AsyncIterable<Chunk>;
  /** Makes the final value of all chunks. */
  readonly conclude: (chunks: readonly Chunk[]) => Final;
  /** Also remember the chunks while they are iterated, for `finalCompletion`. */
  readonly keepChunks: boolean;
}

/** Makes a {@link ResultStream} of a pulled source: nothing is read ahead of the consumer. */
export function createResultStream<Chunk, Final>(
  options: ResultStreamOptions<Chunk, Final>,
): ResultStream<Chunk, Final> {
  return new PulledResultStream(options);
}

class PulledResultStream<Chunk, Final> implements ResultStream<Chunk, Final> {
  readonly #options: ResultStreamOptions<Chunk, Final>;
  readonly #controller = new AbortController();
  readonly #chunks: Chunk[] = [];
  readonly #settled: Promise<Final>;
  #resolve: (value: Final) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #isClaimed = false;

  constructor(options: ResultStreamOptions<Chunk, Final>) {
    this.#options = options;
    this.#settled = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#settled.catch(() => undefined);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Chunk, undefined, undefined> {
    if (this.#isClaimed) {
      throw new InvalidArgumentError("This stream is already being read; it has one consumer. Use finalCompletion().");
    }
    this.#isClaimed = true;
    return this.#iterate(this.#options.keepChunks);
  }

  async finalCompletion(): Promise<Final> {
    if (!this.#isClaimed) {
      this.#isClaimed = true;
      for await (const _ of this.#iterate(true)) {
        // Reading to the end is all.
      }
    }
    return await this.#settled;
  }

  outcome(): Promise<Outcome<Final>> {
    return toOutcome(this.finalCompletion());
  }

  abort(reason?: unknown): void {
    this.#controller.abort(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort(new AbortedError("The stream was disposed before its end."));
  }

  async *#iterate(keep: boolean): AsyncGenerator<Chunk, undefined, undefined> {
    let isDone = false;
    try {
      for await (const chunk of this.#options.open(this.#controller.signal)) {
        if (keep) this.#chunks.push(chunk);
        yield chunk;
      }
      isDone = true;
      if (keep) this.#resolve(this.#options.conclude(this.#chunks));
      else this.#reject(new InvalidArgumentError("The chunks were not kept; leave out keepChunks: false."));
    } catch (thrown) {
      isDone = true;
      this.#reject(thrown);
      throw thrown;
    } finally {
      if (!isDone) {
        const error = new AbortedError("The stream was left before its end.");
        this.#reject(error);
        this.abort(error);
      }
    }
  }
}
