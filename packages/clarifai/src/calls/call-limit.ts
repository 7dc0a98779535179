import { linkAbort, TimeoutError } from "@ocellus/core";

/** The limits of one call: the caller's signal, the closing of the client, and time. */
export class CallLimit {
  readonly #controller = new AbortController();
  readonly #unlink: () => void;
  readonly #timeoutMs: number;
  readonly #what: string;
  #timer: NodeJS.Timeout;
  #deadline: number;

  /** @param timeoutMs longest duration of the whole call, or of each wait when {@link restart} is called */
  constructor(what: string, timeoutMs: number, signals: readonly (AbortSignal | undefined)[]) {
    this.#what = what;
    this.#timeoutMs = timeoutMs;
    this.#deadline = performance.now() + timeoutMs;
    this.#unlink = linkAbort(this.#controller, signals);
    this.#timer = this.#startTimer();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Milliseconds that are left. */
  get remainingMs(): number {
    return Math.max(1, this.#deadline - performance.now());
  }

  /** Begins the time anew: something arrived. */
  restart(): void {
    this.#deadline = performance.now() + this.#timeoutMs;
    clearTimeout(this.#timer);
    this.#timer = this.#startTimer();
  }

  /** Stops the clock until {@link restart}: the consumer is at work, not the service. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  /** The call is over: timer and listeners go. */
  release(): void {
    clearTimeout(this.#timer);
    this.#unlink();
  }

  #startTimer(): NodeJS.Timeout {
    const timeoutMs = this.#timeoutMs;
    return setTimeout(() => {
      this.#controller.abort(new TimeoutError(`${this.#what} took longer than ${timeoutMs} ms.`, { timeoutMs }));
    }, timeoutMs);
  }
}
