import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import { abortError, errorFromJson, ModelLoadError } from "@ocellus/core";
import type { DataPiece, PieceContext, PieceWriter } from "../onnx/data-piece.ts";
import { totalExternalBytes } from "../onnx/external-bytes.ts";
import type { OnnxGraph } from "../onnx/onnx-graph.ts";
import type { ConverterCommand, ConverterEvent, ConverterStart } from "./converter-protocol.ts";
import { availableMemory } from "./memory-estimate.ts";
import { startThread } from "./start-thread.ts";

/** Weights that are converted before threads would have started and paid for themselves. */
const leastBytes = 96 * 2 ** 20;

/** More threads than this mostly wait for the disk. */
const maxThreads = 8;

/** Code and buffers of a thread, beside a matrix that is laid out anew and what of it is not yet collected. */
const threadBytes = 128 * 2 ** 20;

/** A thread that ignores a closing request longer than this is ended by force. */
const closeLimitMs = 10_000;

/**
 * Starts threads that convert the weights of graphs at the same time: one for each processor, as far as memory allows.
 *
 * @param threads bounds them further
 * @returns undefined where the calling thread is at least as fast by itself
 */
export function startConverters(
  graphs: Readonly<Record<string, OnnxGraph>>,
  start: ConverterStart,
  threads: number,
): readonly PieceWriter[] | undefined {
  const weights = Object.values(graphs).flatMap((graph) => graph.weights);
  const largest = weights.reduce((most, { byteLength }) => Math.max(most, byteLength), 0);
  const affordable = Math.floor(availableMemory() / 2 / (threadBytes + 2 * largest));
  const count = Math.min(maxThreads, availableParallelism(), threads, affordable);
  if (count < 2 || totalExternalBytes(graphs) < leastBytes) return undefined;
  return Array.from({ length: count }, () => startConverter(start));
}

/** Starts one thread. */
export function startConverter(start: ConverterStart): PieceWriter {
  return new Converter(start);
}

interface Pending {
  readonly resolve: (sha256: string) => void;
  readonly reject: (error: unknown) => void;
  readonly onWritten: PieceContext["onWritten"];
}

/** The side of a converting thread that gives it work. */
class Converter implements PieceWriter {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #pending: Pending | undefined;
  #ended: Error | undefined;

  constructor(start: ConverterStart) {
    this.#worker = startThread("converter-worker", start);
    this.#worker.on("message", (event: ConverterEvent) => this.#receive(event));
    this.#worker.on("error", (cause) => this.#end(cause));
    this.#exited = new Promise((resolve) => {
      this.#worker.once("exit", () => {
        this.#end(undefined);
        resolve();
      });
    });
  }

  write(piece: DataPiece, { folder, signal, onWritten }: PieceContext): Promise<string> {
    return new Promise<string>((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended);
      if (signal?.aborted) return reject(abortError(signal));
      const onAbort = (): void => this.#send({ type: "abort" });
      signal?.addEventListener("abort", onAbort, { once: true });
      const settled = (): void => signal?.removeEventListener("abort", onAbort);
      this.#pending = {
        onWritten,
        resolve: (sha256) => {
          settled();
          resolve(sha256);
        },
        reject: (error) => {
          settled();
          // The thread does not know the reason.
          reject(signal?.aborted ? abortError(signal) : error);
        },
      };
      this.#send({ type: "write", piece, folder });
    });
  }

  async close(): Promise<void> {
    this.#send({ type: "close" });
    const force = setTimeout(() => void this.#worker.terminate(), closeLimitMs);
    await this.#exited;
    clearTimeout(force);
  }

  #send(command: ConverterCommand): void {
    this.#worker.postMessage(command);
  }

  #receive(event: ConverterEvent): void {
    if (event.type === "progress") this.#pending?.onWritten(event.writtenBytes);
    else if (event.type === "written") this.#settle()?.resolve(event.sha256);
    else if (event.type === "failed") this.#settle()?.reject(errorFromJson(event.error));
    else this.#settle()?.reject(Object.assign(new Error(event.message), { code: event.code }));
  }

  #settle(): Pending | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }

  /** Fails the piece that a thread leaves unfinished when it ends. */
  #end(cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : "it has ended";
    this.#ended ??= new ModelLoadError(`A thread that converts the weights failed: ${reason}. Load the model again.`, {
      cause,
    });
    this.#settle()?.reject(this.#ended);
  }
}
