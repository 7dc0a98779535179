import { setMaxListeners } from "node:events";
import { AbortedError } from "./errors/aborted-error.ts";
import { DisposedError } from "./errors/disposed-error.ts";
import type { VisionError } from "./errors/vision-error.ts";

/**
 * The error for an aborted signal: an `AbortedError` with the signal's reason as its cause. A reason that is an
 * `AbortedError` or a `DisposedError` already (a closed model) is returned as it is.
 */
export function abortError(signal: AbortSignal): VisionError {
  const reason: unknown = signal.reason;
  if (AbortedError.isInstance(reason) || DisposedError.isInstance(reason)) return reason;
  return new AbortedError(undefined, { cause: reason });
}

/** Throws {@link abortError} when the signal is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal);
}

/**
 * Settles like `promise`, or rejects with {@link abortError} as soon as the signal is aborted. The promise itself is
 * not stopped; a later rejection of it is swallowed. Leaves no listener behind.
 */
export async function raceAbort<T>(promise: PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  const work = Promise.resolve(promise);
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = (): void => reject(abortError(signal));
    if (signal.aborted) onAbort();
    else listenForAbort(signal, onAbort);
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
    work.catch(() => undefined);
  }
}

/**
 * Makes `controller` abort when one of the signals does, with its reason. (`AbortSignal.any` would do the same, but
 * on Node 20 it holds on to signals that live long.)
 *
 * @returns removes the listeners
 */
export function linkAbort(controller: AbortController, signals: readonly (AbortSignal | undefined)[]): () => void {
  const removals: (() => void)[] = [];
  for (const signal of signals) {
    if (signal === undefined) continue;
    const forward = (): void => controller.abort(signal.reason);
    if (signal.aborted) forward();
    else listenForAbort(signal, forward);
    removals.push(() => signal.removeEventListener("abort", forward));
  }
  return () => {
    for (const remove of removals) remove();
  };
}

/** One signal may end hundreds of answers: Node's warning about more than ten listeners would be a false alarm. */
function listenForAbort(signal: AbortSignal, listener: () => void): void {
  setMaxListeners(0, signal);
  signal.addEventListener("abort", listener, { once: true });
}
