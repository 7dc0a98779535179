import { type Outcome, toOutcome } from "@ocellus/core";
import type { ResultStream } from "../calls/result-stream.ts";

/**
 * A call of a method by name, made when it is first used: `await` it for the result (of a stream: everything), or
 * iterate it for the results as they come. A method with one result yields that one.
 */
export interface MethodCall<Result, Chunk = Result> extends PromiseLike<Result>, ResultStream<Chunk, Result> {}

/** What a {@link MethodCall} chooses between once the method's kind is known. */
export interface MethodCallOptions {
  /** True for methods with one result. */
  isUnary(): Promise<boolean>;
  unary(signal: AbortSignal): Promise<unknown>;
  stream(): ResultStream<unknown, unknown>;
}

/** Makes a {@link MethodCall}. */
export function createMethodCall(options: MethodCallOptions): MethodCall<unknown, unknown> {
  return new LazyMethodCall(options);
}

class LazyMethodCall implements MethodCall<unknown, unknown> {
  readonly #options: MethodCallOptions;
  readonly #controller = new AbortController();
  #stream: ResultStream<unknown, unknown> | null = null;
  #result: Promise<unknown> | null = null;

  constructor(options: MethodCallOptions) {
    this.#options = options;
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting the call is what it is for
  then<Fulfilled = unknown, Rejected = never>(
    onFulfilled?: ((value: unknown) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    return this.finalCompletion().then(onFulfilled, onRejected);
  }

  finalCompletion(): Promise<unknown> {
    this.#result ??= this.#finish();
    return this.#result;
  }

  outcome(): Promise<Outcome<unknown>> {
    return toOutcome(this.finalCompletion());
  }

  abort(reason?: unknown): void {
    this.#controller.abort(reason);
    this.#stream?.abort(reason);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown, undefined, undefined> {
    if (await this.#options.isUnary()) yield await this.#options.unary(this.#controller.signal);
    else yield* this.#open();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stream?.[Symbol.asyncDispose]();
    this.#controller.abort();
  }

  async #finish(): Promise<unknown> {
    if (await this.#options.isUnary()) return await this.#options.unary(this.#controller.signal);
    return await this.#open().finalCompletion();
  }

  #open(): ResultStream<unknown, unknown> {
    this.#stream ??= this.#options.stream();
    return this.#stream;
  }
}
