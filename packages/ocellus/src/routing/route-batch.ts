import {
  AbortedError,
  AsyncQueue,
  type BatchEntry,
  type BatchRun,
  InvalidArgumentError,
  linkAbort,
  type Outcome,
  type PredictionResponse,
  toOutcome,
  type VisionModel,
  type VisionRequest,
} from "@ocellus/core";
import { type Route, signed } from "./route.ts";

/** Entries that are asked of the other models at the same time, unless the caller gave a `batchSize`. */
const defaultConcurrency = 4;

type Entry = BatchEntry<PredictionResponse>;
type SingleCall = (request: VisionRequest) => Promise<Outcome<PredictionResponse>>;

/**
 * The run of a list over several models: the first model's run, with each failed entry asked of the other models one
 * after the other while the rest goes on.
 *
 * @param run of the first model, already started
 */
export function routeBatch(
  route: Route,
  request: VisionRequest,
  run: BatchRun<PredictionResponse>,
): BatchRun<PredictionResponse> {
  return new RoutedRun(route, request, run);
}

class RoutedRun implements BatchRun<PredictionResponse> {
  readonly #route: Route;
  readonly #request: VisionRequest;
  readonly #run: BatchRun<PredictionResponse>;
  readonly #controller = new AbortController();
  readonly #finished = new AsyncQueue<Entry>();
  readonly #outcomes: Promise<readonly Outcome<PredictionResponse>[]>;
  #isClaimed = false;

  constructor(route: Route, request: VisionRequest, run: BatchRun<PredictionResponse>) {
    this.#route = route;
    this.#request = request;
    this.#run = run;
    this.#outcomes = this.#collect();
    // Whoever awaits or iterates gets the error; that nobody does must not end the process.
    this.#outcomes.catch(() => undefined);
  }

  // biome-ignore lint/suspicious/noThenProperty: a run can be awaited, that is its contract
  then<Fulfilled = readonly Outcome<PredictionResponse>[], Rejected = never>(
    onFulfilled?: ((outcomes: readonly Outcome<PredictionResponse>[]) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    return this.#outcomes.then(onFulfilled, onRejected);
  }

  [Symbol.asyncIterator](): AsyncIterator<Entry, undefined, undefined> {
    if (this.#isClaimed) {
      throw new InvalidArgumentError("This run is already being iterated; it has one consumer. Use await.");
    }
    this.#isClaimed = true;
    return this.#iterate();
  }

  abort(reason?: unknown): void {
    this.#run.abort(reason);
    this.#controller.abort(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort(new AbortedError("The run was disposed before its end."));
    await toOutcome(this.#outcomes);
  }

  async #collect(): Promise<readonly Outcome<PredictionResponse>[]> {
    const unlink = linkAbort(this.#controller, [this.#request.signal]);
    const outcomes: Outcome<PredictionResponse>[] = [];
    const pending = new Set<Promise<void>>();
    const { batchSize } = this.#request;
    const most = typeof batchSize === "number" ? batchSize : defaultConcurrency;
    const take = (entry: Entry): void => {
      outcomes[entry.index] = entry.outcome;
      this.#finished.push(entry);
    };
    try {
      for await (const entry of this.#run) {
        if (!this.#route.fallsBack(entry.outcome, 0)) {
          take({ ...entry, outcome: signed(entry.outcome, this.#model(0)) });
          continue;
        }
        const asked: Promise<void> = this.#askOthers(entry)
          .then((outcome) => take({ ...entry, outcome }))
          .finally(() => pending.delete(asked));
        pending.add(asked);
        if (pending.size >= most) await Promise.race(pending);
      }
      await Promise.all(pending);
      this.#finished.end();
      return outcomes;
    } catch (thrown) {
      this.#finished.fail(thrown);
      throw thrown;
    } finally {
      unlink();
    }
  }

  async #askOthers({ index, source }: Entry): Promise<Outcome<PredictionResponse>> {
    const { userPrompt, recursive: _, batchSize: __, onProgress: ___, showProgress: ____, ...rest } = this.#request;
    const prompt = Array.isArray(userPrompt) && userPrompt.length > 1 ? userPrompt[index] : userPrompt;
    const request = {
      ...rest,
      source,
      signal: this.#controller.signal,
      ...(prompt == null ? {} : { userPrompt: prompt }),
    };
    for (let place = 1; ; place += 1) {
      const ask = this.#model(place) as unknown as SingleCall;
      // What throws at once in a later model (a source that it cannot take) is that entry's error, not the run's.
      const outcome = await toOutcome(Promise.resolve().then(() => ask(request as VisionRequest))).then(flatten);
      if (!this.#route.fallsBack(outcome, place)) return signed(outcome, this.#model(place));
    }
  }

  #model(place: number): VisionModel {
    return this.#route.models[place]!;
  }

  async *#iterate(): AsyncGenerator<Entry, undefined, undefined> {
    try {
      yield* this.#finished.drain();
    } finally {
      this.abort(new AbortedError("The run was left before its end."));
    }
  }
}

const flatten = ([inner, error]: Outcome<Outcome<PredictionResponse>>): Outcome<PredictionResponse> =>
  error === null ? (inner as Outcome<PredictionResponse>) : [null, error];
