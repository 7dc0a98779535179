import { abortError } from "@ocellus/core";

interface Waiting {
  readonly amount: number;
  readonly enter: () => void;
}

/**
 * Lets work in as long as what is inside together stays within a bound, first come, first served. What alone exceeds
 * the bound is let in when nothing else is inside.
 */
export class Turnstile {
  readonly #bound: number;
  readonly #waiting: Waiting[] = [];
  #inside = 0;

  /** @param bound of the amounts inside: how many, or bytes */
  constructor(bound: number) {
    this.#bound = bound;
  }

  /** True while something is inside. */
  get isBusy(): boolean {
    return this.#inside > 0;
  }

  /**
   * Waits for the turn.
   *
   * @returns lets the next ones in; to be called once
   * @throws AbortedError when `signal` is aborted before
   */
  async enter(signal: AbortSignal, amount = 1): Promise<() => void> {
    if (signal.aborted) throw abortError(signal);
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(abortError(signal));
        this.#advance();
      };
      const enter = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const waiting = { amount, enter };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(waiting);
      this.#advance();
    });
    return () => {
      this.#inside -= amount;
      this.#advance();
    };
  }

  /** Does work when its turn has come, and lets the next ones in behind it. */
  async pass<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    const leave = await this.enter(signal);
    return work().finally(leave);
  }

  #advance(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#inside > 0 && this.#inside + next.amount > this.#bound) return;
      this.#inside += next.amount;
      this.#waiting.shift();
      next.enter();
    }
  }
}
