import { linkAbort, TimeoutError } from "@ocellus/core";

/** The limits of one call: the caller's signal, the closing of the client, and time. */
export class CallLimit {
  readonly #controller = new AbortController();
  readonly #release: () => void;
  readonly #timeoutMs: number;
  readonly #what: string;
  #timer: NodeJS.Timeout;
  #deadline: number;

  /**
   * @param timeoutMs longest duration of the whole call, or of each wait when {@link restart} is called
   * @param signals any of them ends the call
   * @param onRelease told when the call is over
   */
  constructor(
    what: string,
    timeoutMs: number,
    signals: readonly (AbortSignal | undefined)[],
    onRelease?: (limit: CallLimit) => void,
  ) {
    this.#what = what;
    this.#timeoutMs = timeoutMs;
    this.#deadline = performance.now() + timeoutMs;
    const unlink = signals.some((signal) => signal !== undefined) ? linkAbort(this.#controller, signals) : null;
    this.#release = () => {
      unlink?.();
      onRelease?.(this);
    };
    this.#timer = this.#startTimer();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Milliseconds that are left. */
  get remainingMs(): number {
    return Math.max(1, this.#deadline - performance.now());
  }

  /** Ends the call with this reason. */
  abort(reason: unknown): void {
    this.#controller.abort(reason);
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
    this.#release();
  }

  #startTimer(): NodeJS.Timeout {
    const timeoutMs = this.#timeoutMs;
    return setTimeout(() => {
      this.#controller.abort(new TimeoutError(`${this.#what} took longer than ${timeoutMs} ms.`, { timeoutMs }));
    }, timeoutMs);
  }
}
