import { linkAbort, raceAbort, throwIfAborted } from "../abort.ts";
import { AsyncQueue } from "../async-queue.ts";
import { AbortedError } from "../errors/aborted-error.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { toVisionError } from "../errors/to-vision-error.ts";
import { type Outcome, toOutcome } from "../outcome.ts";
import type { PredictionStream } from "./prediction-stream.ts";
import { createObjectReader } from "./read-object-deltas.ts";
import { createThinkingSplitter } from "./split-thinking.ts";
import type { StreamEvent } from "./stream-event.ts";

/** The transport under a stream: does the work, reports text as it comes, and stops when the signal is aborted. */
export type StreamWork<Response> = (context: {
  readonly signal: AbortSignal;
  onText(delta: string): void;
}) => Promise<Response>;

/**
 * Wraps a piece of work that produces text into a {@link PredictionStream}. The work starts at the first use.
 *
 * @param signal of the caller; aborting it stops the work
 */
export function createPredictionStream<Response>(
  work: StreamWork<Response>,
  signal?: AbortSignal,
): PredictionStream<Response> {
  return new LazyPredictionStream(work, signal);
}

class LazyPredictionStream<Response> implements PredictionStream<Response> {
  readonly #work: StreamWork<Response>;
  readonly #signal: AbortSignal | undefined;
  readonly #controller = new AbortController();
  readonly #deltas = new AsyncQueue<string>();
  #response: Promise<Response> | null = null;
  #isSettled = false;
  #isClaimed = false;

  constructor(work: StreamWork<Response>, signal: AbortSignal | undefined) {
    this.#work = work;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): AsyncIterator<string, undefined, undefined> {
    this.#claim();
    return this.#iterate();
  }

  events(): AsyncIterableIterator<StreamEvent<Response>, undefined, undefined> {
    this.#claim();
    return this.#iterateEvents();
  }

  finalCompletion(): Promise<Response> {
    return this.#start();
  }

  outcome(): Promise<Outcome<Response>> {
    return toOutcome(this.#start());
  }

  abort(reason?: unknown): void {
    if (!this.#isSettled) this.#controller.abort(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort(new AbortedError("The stream was disposed before its end."));
    if (this.#response !== null) await toOutcome(this.#response);
  }

  #claim(): void {
    if (this.#isClaimed) {
      throw new InvalidArgumentError("This stream is already being read; it has one consumer. Use finalCompletion().");
    }
    this.#isClaimed = true;
  }

  #start(): Promise<Response> {
    if (this.#response === null) {
      this.#response = this.#run();
      // Whoever asks gets the error; that nobody asked must not end the process.
      this.#response.catch(() => undefined);
    }
    return this.#response;
  }

  async #run(): Promise<Response> {
    const { signal } = this.#controller;
    const unlink = linkAbort(this.#controller, [this.#signal]);
    try {
      throwIfAborted(signal);
      const onText = (delta: string): void => this.#deltas.push(delta);
      const response = await raceAbort(this.#work({ signal, onText }), signal);
      this.#deltas.end();
      return response;
    } catch (thrown) {
      const error = toVisionError(thrown);
      this.#deltas.fail(error);
      throw error;
    } finally {
      this.#isSettled = true;
      unlink();
    }
  }

  async *#iterate(): AsyncGenerator<string, undefined, undefined> {
    void this.#start();
    try {
      yield* this.#deltas.drain();
    } finally {
      this.abort(new AbortedError("The stream was left before its end."));
    }
  }

  async *#iterateEvents(): AsyncGenerator<StreamEvent<Response>, undefined, undefined> {
    const splitter = createThinkingSplitter();
    const objects = createObjectReader();
    for await (const delta of { [Symbol.asyncIterator]: () => this.#iterate() }) {
      for (const event of splitter.push(delta)) yield* [event, ...objects.push(event)];
    }
    for (const event of splitter.end()) yield* [event, ...objects.push(event)];
    yield { type: "finish", response: await this.#start() };
  }
}
