import { setTimeout as delay } from "node:timers/promises";
import { ConnectionError } from "@ocellus/core";
import { ClarifaiError } from "../errors/clarifai-error.ts";
import { startupCodes, throttledCodes } from "../errors/status-name.ts";
import { abortReason } from "../transport/grpc/grpc-call.ts";
import type { RetryPolicy } from "./retry-policy.ts";

type RetryKind = "startup" | "throttled" | "unavailable";

const startupFactor = 1.3;
const startupMaxFactor = 30;
const unavailableFactor = 3;

/**
 * Makes a call until it succeeds, fails for good, or the policy is used up; then the last error is thrown. An error that
 * `mayRetry` refuses is thrown at once.
 */
export async function withRetries<Result>(
  attempt: () => Promise<Result>,
  policy: RetryPolicy,
  signal: AbortSignal,
  mayRetry: () => boolean = () => true,
): Promise<Result> {
  const counts: Record<RetryKind, number> = { startup: 0, throttled: 0, unavailable: 0 };
  const start = performance.now();
  while (true) {
    try {
      return await attempt();
    } catch (thrown) {
      const kind = retryKindOf(thrown);
      if (kind === null || signal.aborted || !mayRetry()) throw thrown;
      const wait = waitOf(kind, counts[kind]++, policy, performance.now() - start);
      if (wait === null) throw thrown;
      await pause(wait * (0.8 + 0.4 * Math.random()), signal);
    }
  }
}

function retryKindOf(error: unknown): RetryKind | null {
  if (ConnectionError.isInstance(error)) return error.isRetryable ? "unavailable" : null;
  if (!ClarifaiError.isInstance(error)) return null;
  if (startupCodes.has(error.statusCode)) return "startup";
  if (throttledCodes.has(error.statusCode)) return "throttled";
  // The local runner takes 42 calls at a time and refuses the next at once.
  return error.grpcStatus === "RESOURCE_EXHAUSTED" && /concurrent/i.test(error.description) ? "unavailable" : null;
}

/** Milliseconds to wait before the next call; `null` when there is to be none. */
function waitOf(kind: RetryKind, count: number, policy: RetryPolicy, elapsedMs: number): number | null {
  if (kind === "throttled") return count + 1 < policy.throttledAttempts ? policy.throttledDelayMs : null;
  if (kind === "unavailable") {
    return count + 1 < policy.unavailableAttempts ? policy.unavailableDelayMs * unavailableFactor ** count : null;
  }
  const wait = policy.startupDelayMs * Math.min(startupFactor ** count, startupMaxFactor);
  return elapsedMs + wait <= policy.startupBudgetMs ? wait : null;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch {
    throw abortReason(signal);
  }
}
