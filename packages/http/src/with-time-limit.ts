import { AbortedError, TimeoutError } from "@ocellus/core";

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
  let stop: (error: Error) => void = () => {};
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = (error) => {
      reject(error);
      controller.abort(error);
    };
  });
  stopped.catch(() => {});
  const onAbort = (): void => stop(new AbortedError(undefined, { cause: signal?.reason }));
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(() => {
    stop(new TimeoutError(`${what} took longer than ${timeoutMs} ms.`, { timeoutMs }));
  }, timeoutMs);
  try {
    return await Promise.race([stopped, work(controller.signal)]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
