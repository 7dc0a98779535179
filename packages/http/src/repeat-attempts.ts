import type { IncomingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { abortError, ConnectionError, TimeoutError } from "@ocellus/core";
import { retryAfterMs } from "./retry-after.ts";
import { withTimeLimit } from "./with-time-limit.ts";

/** When and how a request is repeated. */
export interface RetryPolicy {
  /** Tries in all; 1 never repeats. */
  readonly attempts: number;
  /** Statuses that are tried again. */
  readonly statuses: ReadonlySet<number>;
  /**
   * The wait before each new try is random between 0 and this, in milliseconds; `Retry-After` or
   * `retry-after-ms` prolong it.
   */
  readonly maxDelayMs: number;
  /** Longest duration of all tries and waits together, in milliseconds. */
  readonly totalTimeoutMs: number;
  /**
   * Whether a try that gave no answer may be repeated. Failed connections and single tries that took too long are by
   * default; a request that costs money may rather not be repeated after it was sent.
   */
  readonly mayRepeatError?: ((error: Error) => boolean) | undefined;
  /** Whether an answer with one of `statuses` may be repeated; all may by default. `bytes` are what it says, if read. */
  readonly mayRepeatAnswer?:
    | ((answer: { readonly status: number; readonly bytes?: Uint8Array }) => boolean)
    | undefined;
  /** Told before each wait. */
  readonly onRetry?: ((reason: string, delayMs: number) => void) | undefined;
}

/** What is repeated. */
export interface Repetition {
  /** What is done, for messages: "POST https://…". */
  readonly what: string;
  readonly policy: RetryPolicy;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes tries until the policy is content with one. The last answer is returned whatever its status. A wait that would
 * end after the total time limit is not waited: the answer that asks for it is returned at once.
 *
 * @param attempt makes one try and stops with its signal
 * @throws what the last try threw; TimeoutError also after the total limit
 */
export async function repeatAttempts<Answer extends Answered>(
  attempt: (signal: AbortSignal) => Promise<Answer>,
  { what, policy, signal }: Repetition,
): Promise<Answer> {
  const { totalTimeoutMs } = policy;
  const deadline = performance.now() + totalTimeoutMs;
  const limits = { timeoutMs: totalTimeoutMs, signal, what: `${what} with its repetitions` };
  return await withTimeLimit(limits, async (limit) => {
    for (let tries = 1; ; tries += 1) {
      const result = await attempt(limit).catch((error: unknown) => error as Error);
      const reason = tries >= policy.attempts ? undefined : reasonToRepeat(result, policy);
      const delayMs = Math.max(Math.random() * policy.maxDelayMs, waitOf(result));
      if (reason === undefined || limit.aborted || performance.now() + delayMs >= deadline) {
        if (result instanceof Error) throw result;
        return result;
      }
      policy.onRetry?.(reason, delayMs);
      await sleep(delayMs, undefined, { signal: limit }).catch(() => {
        throw abortError(limit);
      });
    }
  });
}

type Answered = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly bytes?: Uint8Array };

function reasonToRepeat(result: Answered | Error, policy: RetryPolicy): string | undefined {
  if (!(result instanceof Error)) {
    const isListed = policy.statuses.has(result.status) && policy.mayRepeatAnswer?.(result) !== false;
    return isListed ? `status ${result.status}` : undefined;
  }
  const mayPass = TimeoutError.isInstance(result) || (ConnectionError.isInstance(result) && result.isRetryable);
  return mayPass && policy.mayRepeatError?.(result) !== false ? result.message : undefined;
}

/** `retry-after-ms` is not in a standard; OpenAI and Azure send it beside `Retry-After`, with more precision. */
function waitOf(result: Answered | Error): number {
  if (result instanceof Error) return 0;
  const exact = String(result.headers["retry-after-ms"] ?? "");
  return /^\d{1,9}(?:\.\d+)?$/.test(exact) ? Number(exact) : (retryAfterMs(result.headers["retry-after"]) ?? 0);
}
