import { abortError, linkAbort, raceAbort } from "../abort.ts";
import { AsyncQueue } from "../async-queue.ts";
import { AbortedError } from "../errors/aborted-error.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { type Outcome, toOutcome } from "../outcome.ts";
import type { SourceInput } from "../source/source-input.ts";
import type { BatchEntry, BatchRun } from "./batch-run.ts";

/** One entry that is to be answered. */
export interface BatchTask<Response> {
  readonly source: SourceInput;
  run(signal: AbortSignal): Promise<Response>;
}

/** What a run consists of. */
export interface BatchPlan<Response> {
  /** Makes the list. When it rejects, the run rejects; an abort must not make it reject. */
  expand(signal: AbortSignal): Promise<readonly BatchTask<Response>[]>;
  /** Entries that are answered at the same time, at least 1. */
  readonly concurrency: number;
  readonly signal?: AbortSignal | undefined;
  /** The length of the list is known. Must not throw. */
  onStart?(total: number): void;
  /** An entry is finished. Must not throw. */
  onEntry?(entry: BatchEntry<Response>): void;
  /** Nothing runs any more. Must not throw. */
  onEnd?(): void;
}

/** Starts a {@link BatchRun}. */
export function createBatchRun<Response>(plan: BatchPlan<Response>): BatchRun<Response> {
  return new EagerBatchRun(plan);
}

class EagerBatchRun<Response> implements BatchRun<Response> {
  readonly #plan: BatchPlan<Response>;
  readonly #controller = new AbortController();
  readonly #finished = new AsyncQueue<BatchEntry<Response>>();
  readonly #outcomes: Promise<readonly Outcome<Response>[]>;
  #isSettled = false;
  #isClaimed = false;

  constructor(plan: BatchPlan<Response>) {
    this.#plan = plan;
    this.#outcomes = this.#run();
    // Whoever awaits or iterates gets the error; that nobody does must not end the process.
    this.#outcomes.catch(() => undefined);
  }

  // biome-ignore lint/suspicious/noThenProperty: a run can be awaited, that is its contract
  then<Fulfilled = readonly Outcome<Response>[], Rejected = never>(
    onFulfilled?: ((outcomes: readonly Outcome<Response>[]) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    return this.#outcomes.then(onFulfilled, onRejected);
  }

  [Symbol.asyncIterator](): AsyncIterator<BatchEntry<Response>, undefined, undefined> {
    if (this.#isClaimed) {
      throw new InvalidArgumentError("This run is already being iterated; it has one consumer. Use await.");
    }
    this.#isClaimed = true;
    return this.#iterate();
  }

  abort(reason?: unknown): void {
    if (!this.#isSettled) this.#controller.abort(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort(new AbortedError("The run was disposed before its end."));
    await toOutcome(this.#outcomes);
  }

  async #run(): Promise<readonly Outcome<Response>[]> {
    const { signal } = this.#controller;
    const unlink = linkAbort(this.#controller, [this.#plan.signal]);
    try {
      const tasks = await this.#plan.expand(signal);
      this.#plan.onStart?.(tasks.length);
      const outcomes = new Array<Outcome<Response>>(tasks.length);
      const pending = tasks.entries();
      const workers = Array.from({ length: Math.min(this.#plan.concurrency, tasks.length) }, () =>
        this.#work(pending, outcomes, signal),
      );
      await Promise.all(workers);
      this.#finished.end();
      return outcomes;
    } catch (thrown) {
      this.#finished.fail(thrown);
      throw thrown;
    } finally {
      this.#isSettled = true;
      unlink();
      this.#plan.onEnd?.();
    }
  }

  /** Takes entries from the shared iterator until it is empty. */
  async #work(
    pending: Iterable<[number, BatchTask<Response>]>,
    outcomes: Outcome<Response>[],
    signal: AbortSignal,
  ): Promise<void> {
    for (const [index, task] of pending) {
      const outcome: Outcome<Response> = signal.aborted
        ? [null, abortError(signal)]
        : await toOutcome(raceAbort(task.run(signal), signal));
      outcomes[index] = outcome;
      const entry = { index, source: task.source, outcome };
      this.#finished.push(entry);
      this.#plan.onEntry?.(entry);
    }
  }

  async *#iterate(): AsyncGenerator<BatchEntry<Response>, undefined, undefined> {
    try {
      yield* this.#finished.drain();
    } finally {
      this.abort(new AbortedError("The run was left before its end."));
    }
  }
}
