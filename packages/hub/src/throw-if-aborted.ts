import { AbortedError } from "@ocellus/core";

/** Throws an {@link AbortedError} with the signal's reason as its cause when `signal` is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
}
