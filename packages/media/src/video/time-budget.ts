import { raceAbort, TimeoutError, throwIfAborted } from "@ocellus/core";

/** Time that may be spent waiting for something outside; the caller's own work in between does not count. */
export class TimeBudget {
  readonly #timeoutMs: number;
  readonly #what: string;
  readonly #signal: AbortSignal | undefined;
  #spentMs = 0;

  /**
   * @param timeoutMs the whole budget
   * @param what completes the sentence "… took longer than … ms"
   * @param signal ends every wait
   */
  constructor(timeoutMs: number, what: string, signal: AbortSignal | undefined) {
    this.#timeoutMs = timeoutMs;
    this.#what = what;
    this.#signal = signal;
  }

  /**
   * Waits for a promise that may never settle.
   *
   * @throws TimeoutError when the budget is used up first, AbortedError when the signal is aborted first
   */
  async wait<Value>(promise: PromiseLike<Value>): Promise<Value> {
    const begin = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#error()), Math.max(0, this.#timeoutMs - this.#spentMs));
    });
    try {
      return await Promise.race([raceAbort(promise, this.#signal), expired]);
    } finally {
      clearTimeout(timer);
      this.#spentMs += performance.now() - begin;
    }
  }

  /**
   * Waits for a short step of native work, which must not be left behind: checks signal and budget before it only.
   *
   * @throws TimeoutError, AbortedError
   */
  async step<Value>(work: () => Promise<Value>): Promise<Value> {
    throwIfAborted(this.#signal);
    if (this.#spentMs > this.#timeoutMs) throw this.#error();
    const begin = performance.now();
    try {
      return await work();
    } finally {
      this.#spentMs += performance.now() - begin;
    }
  }

  #error(): TimeoutError {
    return new TimeoutError(`${this.#what} took longer than ${this.#timeoutMs} ms.`, { timeoutMs: this.#timeoutMs });
  }
}
