import { setTimeout as sleep } from "node:timers/promises";
import { abortError, ConnectionError, TimeoutError } from "@ocellus/core";
import { describeUrl, parseWebUrl } from "./parse-web-url.ts";
import { retryAfterMs } from "./retry-after.ts";
import { type HttpAnswer, type HttpRequest, sendRequest } from "./send-request.ts";
import { withTimeLimit } from "./with-time-limit.ts";

/** When and how a request is repeated. */
export interface RetryPolicy {
  /** Tries in all; 1 never repeats. */
  readonly attempts: number;
  /** Statuses that are tried again. Failed connections and single tries that took too long always are. */
  readonly statuses: ReadonlySet<number>;
  /** The wait before each new try is random between 0 and this, in milliseconds; a `Retry-After` prolongs it. */
  readonly maxDelayMs: number;
  /** Longest duration of all tries and waits together, in milliseconds. */
  readonly totalTimeoutMs: number;
  /** Told before each wait. */
  readonly onRetry?: ((reason: string, delayMs: number) => void) | undefined;
}

/**
 * Sends a request and repeats it by the policy. The last answer is returned whatever its status. A `Retry-After` that
 * would end after the total time limit is not waited for: the answer that carries it is returned at once.
 *
 * @throws what `sendRequest` throws, of the last try; TimeoutError also after `totalTimeoutMs`
 */
export async function sendWithRetries(request: HttpRequest, policy: RetryPolicy): Promise<HttpAnswer> {
  const { signal, method = "GET" } = request;
  const what = `${method} ${describeUrl(parseWebUrl(request.url))} with its repetitions`;
  const deadline = performance.now() + policy.totalTimeoutMs;
  return await withTimeLimit({ timeoutMs: policy.totalTimeoutMs, signal, what }, async (limit) => {
    for (let attempt = 1; ; attempt += 1) {
      const result = await sendRequest({ ...request, signal: limit }).catch((error: unknown) => error as Error);
      const reason = attempt >= policy.attempts ? undefined : reasonToRepeat(result, policy);
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

function reasonToRepeat(result: HttpAnswer | Error, policy: RetryPolicy): string | undefined {
  if (result instanceof Error) {
    const mayPass = TimeoutError.isInstance(result) || (ConnectionError.isInstance(result) && result.isRetryable);
    return mayPass ? result.message : undefined;
  }
  return policy.statuses.has(result.status) ? `status ${result.status}` : undefined;
}

const waitOf = (result: HttpAnswer | Error): number =>
  result instanceof Error ? 0 : (retryAfterMs(result.headers["retry-after"]) ?? 0);
