import type { Worker } from "node:worker_threads";
import {
  type Answer,
  type AnswerContext,
  type AnswerRequest,
  abortError,
  DisposedError,
  errorFromJson,
  GenerationError,
  type Logger,
  type ModelInfo,
  ModelLoadError,
  type ProgressListener,
} from "@ocellus/core";
import { createExitGuard, watchExit } from "./exit-guard.ts";
import { startThread } from "./start-thread.ts";
import type { WorkerCommand, WorkerData, WorkerEvent, WorkerStart } from "./worker-protocol.ts";

/** A worker that ignores a closing request longer than this is ended by force. */
const closeLimitMs = 10_000;

/** The main thread's side of a model that lives in a worker thread. */
export interface EngineWorker {
  readonly info: ModelInfo;
  answer(request: AnswerRequest, context: AnswerContext): Promise<Answer>;
  close(): Promise<void>;
}

/** What surrounds the start of a worker. */
export interface StartWorkerContext {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ProgressListener | undefined;
  readonly logger: Logger;
}

interface Settle<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (error: Error) => void;
}

interface PendingAnswer extends Settle<Answer> {
  readonly context: AnswerContext;
}

/**
 * Starts a worker thread and waits until it has loaded the model.
 *
 * @throws the typed error of the loading; AbortedError after `signal`
 */
export async function startEngineWorker(start: WorkerStart, context: StartWorkerContext): Promise<EngineWorker> {
  const host = new WorkerHost(start, context);
  const info = await host.loaded;
  return { info, answer: (request, options) => host.answer(request, options), close: () => host.close() };
}

class WorkerHost {
  readonly loaded: Promise<ModelInfo>;
  readonly #worker: Worker;
  readonly #context: StartWorkerContext;
  readonly #pending = new Map<number, PendingAnswer>();
  readonly #exited: Promise<void>;
  readonly #settleLoading: Settle<ModelInfo>;
  #isLoaded = false;
  #nextId = 1;
  #ended: Error | undefined;

  constructor(start: WorkerStart, context: StartWorkerContext) {
    this.#context = context;
    const exitGuard = createExitGuard();
    const unwatchExit = watchExit(exitGuard);
    this.#worker = startThread("worker", { ...start, exitGuard } satisfies WorkerData);
    let settle: Settle<ModelInfo> | undefined;
    this.loaded = new Promise((resolve, reject) => {
      settle = { resolve, reject };
    });
    this.#settleLoading = settle!;
    this.#worker.on("message", (event: WorkerEvent) => this.#receive(event));
    this.#worker.on("error", (cause) => {
      const message = `The model's worker thread failed: ${cause instanceof Error ? cause.message : String(cause)}`;
      this.#end(this.#isLoaded ? new GenerationError(message, { cause }) : new ModelLoadError(message, { cause }));
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once("exit", () => {
        unwatchExit();
        this.#end(new DisposedError("The model's worker thread has ended. Load the model again."));
        resolve();
      });
    });
    this.#abortLoadingOn(context.signal);
    // An idle model does not keep the process alive; a running answer does.
    this.loaded.then(
      () => {
        this.#isLoaded = true;
        this.#worker.unref();
      },
      () => undefined,
    );
  }

  answer(request: AnswerRequest, context: AnswerContext): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended);
      const id = this.#nextId++;
      const { signal } = context;
      const onAbort = (): void => {
        this.#send({ type: "abort", id });
        this.#settle(id)?.reject(abortError(signal));
      };
      const stopListening = (): void => signal.removeEventListener("abort", onAbort);
      const finish =
        <Value>(settle: (value: Value) => void) =>
        (value: Value): void => {
          stopListening();
          settle(value);
        };
      this.#pending.set(id, { context, resolve: finish(resolve), reject: finish(reject) });
      this.#worker.ref();
      this.#send({ type: "answer", id, request, streaming: context.streaming });
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  async close(): Promise<void> {
    this.#worker.ref();
    this.#send({ type: "close" });
    const force = setTimeout(() => void this.#worker.terminate(), closeLimitMs);
    await this.#exited;
    clearTimeout(force);
  }

  #abortLoadingOn(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const onAbort = (): void => {
      this.#settleLoading.reject(abortError(signal));
      this.#send({ type: "abort", id: "load" });
      void this.close();
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    const stop = (): void => signal.removeEventListener("abort", onAbort);
    this.loaded.then(stop, stop);
  }

  #send(command: WorkerCommand): void {
    this.#worker.postMessage(command);
  }

  #receive(event: WorkerEvent): void {
    if (event.type === "progress") this.#tell(() => this.#context.onProgress?.(event.event));
    else if (event.type === "log") this.#tell(() => this.#context.logger[event.level](event.message));
    else if (event.type === "loaded") this.#settleLoading.resolve(event.info);
    else if (event.type === "load-failed") this.#end(errorFromJson(event.error));
    else if (event.type === "text") this.#pending.get(event.id)?.context.onText(event.delta);
    else if (event.type === "answered") this.#settle(event.id)?.resolve(event.answer);
    else if (event.type === "failed") this.#settle(event.id)?.reject(errorFromJson(event.error));
  }

  #tell(listener: () => void): void {
    try {
      listener();
    } catch {
      // A listener or a logger must not be able to break the loading, or to end the process.
    }
  }

  /** Takes an answer off the list; the process may end when none is left. */
  #settle(id: number): PendingAnswer | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#worker.unref();
    return pending;
  }

  /** Fails everything that waits for this worker, and ends it. */
  #end(error: Error): void {
    this.#ended ??= error;
    this.#settleLoading.reject(error);
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(error);
    void this.#worker.terminate();
  }
}
