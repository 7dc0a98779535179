import { AbortedError } from "@ocellus/core";

/**
 * Ends the work when its signal was aborted.
 *
 * @throws AbortedError with the signal's reason as its cause
 */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
}
