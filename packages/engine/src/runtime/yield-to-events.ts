import { setImmediate as nextTurn } from "node:timers/promises";
import { throwIfAborted } from "@ocellus/core";

/**
 * Lets the thread handle waiting events (an abort from the main thread), then throws when the signal is aborted.
 * Called before every run of a graph: that is how fast an abort takes effect.
 *
 * @throws AbortedError with the signal's reason as its cause
 */
export async function yieldToEvents(signal: AbortSignal): Promise<void> {
  await nextTurn();
  throwIfAborted(signal);
}
