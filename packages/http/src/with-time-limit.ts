import { abortError, linkAbort, raceAbort, TimeoutError } from "@ocellus/core";

/** The limits of one operation. */
export interface TimeLimit {
  /** Longest duration in milliseconds. */
  readonly timeoutMs: number;
  /** The caller's own signal. */
  readonly signal?: AbortSignal | undefined;
  /** What is done, for the message: "Fetching https://…". */
  readonly what: string;
}

/**
 * Runs `work` with a signal that aborts at the time limit or with the caller's signal. Settles at once then, also when
 * `work` itself cannot be stopped (a name lookup); what it yields later is dropped.
 *
 * @throws TimeoutError when the time is over
 * @throws AbortedError when the caller's signal is aborted, with its reason as the cause
 */
export async function withTimeLimit<Result>(
  { timeoutMs, signal, what }: TimeLimit,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const unlink = linkAbort(controller, [signal]);
  let timeout: TimeoutError | undefined;
  const timer = setTimeout(() => {
    timeout = new TimeoutError(`${what} took longer than ${timeoutMs} ms.`, { timeoutMs });
    controller.abort(timeout);
  }, timeoutMs);
  try {
    return await raceAbort(work(controller.signal), controller.signal);
  } catch (error) {
    if (timeout !== undefined && controller.signal.reason === timeout) throw timeout;
    throw controller.signal.aborted ? abortError(controller.signal) : error;
  } finally {
    clearTimeout(timer);
    unlink();
  }
}
