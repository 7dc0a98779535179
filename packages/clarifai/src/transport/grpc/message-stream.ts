import { AbortedError } from "@ocellus/core";
import type { GrpcCall, GrpcCallListener } from "./grpc-call.ts";

/** What a {@link MessageStream} works with. */
export interface MessageStreamOptions<Request, Response> {
  open(listener: GrpcCallListener): GrpcCall;
  encode(request: Request): Uint8Array;
  decode(bytes: Uint8Array): Response;
  readonly requests: Iterable<Request> | AsyncIterable<Request>;
}

/** Messages that wait unread before the server is slowed down, and when it may go on. */
const highWater = 512;
const lowWater = 128;

type Waiting<Response> = {
  readonly resolve: (result: IteratorResult<Response, undefined>) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * The answers of a streaming call in order. The call is opened at the first `next()`. Requests are sent as the
 * connection takes them; a reader that lags slows the server down; `return()` cancels.
 */
export class MessageStream<Request, Response> implements AsyncIterableIterator<Response> {
  readonly #options: MessageStreamOptions<Request, Response>;
  #call: GrpcCall | null = null;
  #queue: Uint8Array[] = [];
  #read = 0;
  #waiting: Waiting<Response> | null = null;
  #end: { readonly error: unknown } | null = null;
  #isPaused = false;
  #isFinished = false;
  #stopSending: (() => void) | null = null;

  constructor(options: MessageStreamOptions<Request, Response>) {
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Response, undefined>> {
    if (this.#isFinished) return Promise.resolve({ done: true, value: undefined });
    if (this.#call === null) {
      try {
        this.#start();
      } catch (thrown) {
        this.#isFinished = true;
        return Promise.reject(thrown);
      }
    }
    if (this.#read < this.#queue.length) return this.#take();
    if (this.#end !== null) return this.#conclude(this.#end.error);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  async return(): Promise<IteratorResult<Response, undefined>> {
    this.#isFinished = true;
    this.#queue = [];
    if (this.#end === null) this.#call?.cancel(new AbortedError("The stream was left before its end."));
    return { done: true, value: undefined };
  }

  #start(): void {
    this.#call = this.#options.open({
      onMessage: (message) => this.#onMessage(message),
      onEnd: (error) => this.#onEnd(error),
    });
    void this.#send(this.#call);
  }

  #take(): Promise<IteratorResult<Response, undefined>> {
    const bytes = this.#queue[this.#read++]!;
    const left = this.#queue.length - this.#read;
    if (left === 0) {
      this.#queue = [];
      this.#read = 0;
    }
    if (this.#isPaused && left <= lowWater) {
      this.#isPaused = false;
      this.#call?.resume();
    }
    return this.#decoded(bytes);
  }

  #decoded(bytes: Uint8Array): Promise<IteratorResult<Response, undefined>> {
    try {
      return Promise.resolve({ done: false, value: this.#options.decode(bytes) });
    } catch (thrown) {
      this.#call?.cancel(thrown);
      return this.#conclude(thrown);
    }
  }

  #conclude(error: unknown): Promise<IteratorResult<Response, undefined>> {
    this.#isFinished = true;
    return error === null ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
  }

  #onMessage(message: Uint8Array): void {
    const waiting = this.#waiting;
    if (waiting !== null) {
      this.#waiting = null;
      try {
        waiting.resolve({ done: false, value: this.#options.decode(message) });
      } catch (thrown) {
        this.#isFinished = true;
        this.#call?.cancel(thrown);
        waiting.reject(thrown);
      }
      return;
    }
    this.#queue.push(message);
    if (!this.#isPaused && this.#queue.length - this.#read >= highWater) {
      this.#isPaused = true;
      this.#call?.pause();
    }
  }

  #onEnd(error: unknown): void {
    this.#end = { error };
    this.#stopSending?.();
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null) this.#conclude(error).then(waiting.resolve, waiting.reject);
  }

  async #send(call: GrpcCall): Promise<void> {
    const { requests, encode } = this.#options;
    const stopped = new Promise<null>((resolve) => {
      this.#stopSending = () => resolve(null);
    });
    const source = Symbol.asyncIterator in requests ? requests[Symbol.asyncIterator]() : requests[Symbol.iterator]();
    try {
      while (!call.isEnded) {
        const next = await Promise.race([source.next(), stopped]);
        if (next === null) break;
        if (next.done === true) {
          call.end();
          return;
        }
        if (!call.send(encode(next.value))) await call.drained();
      }
      // The answers ended first: the source need not be read on, and may hang in a wait of its own.
      Promise.resolve(source.return?.()).catch(() => undefined);
    } catch (thrown) {
      call.cancel(thrown);
    }
  }
}
