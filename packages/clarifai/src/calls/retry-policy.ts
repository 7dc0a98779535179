import { checkKnownKeys, checkNumber } from "@ocellus/core";

/** When and how long failed calls are repeated. Delays vary by a fifth to either side. */
export interface RetryPolicy {
  /** Longest time that is spent on waiting for a model to start (21351, 21354, 21355), in milliseconds. 0 never waits. */
  readonly startupBudgetMs: number;
  /** First wait for a model to start; each further one is 1.3 times longer, up to 30 times this. */
  readonly startupDelayMs: number;
  /** Calls in all when throttled (11003, 11005). */
  readonly throttledAttempts: number;
  /** Wait after being throttled. */
  readonly throttledDelayMs: number;
  /** Calls in all when the service cannot be reached or refuses further calls at once. */
  readonly unavailableAttempts: number;
  /** First wait after that; each further one is 3 times longer. */
  readonly unavailableDelayMs: number;
}

/** The reference client's waits (10 minutes for a model to start, 5 s when throttled), with a cap. */
export const defaultRetryPolicy: RetryPolicy = {
  startupBudgetMs: 600_000,
  startupDelayMs: 1_790,
  throttledAttempts: 10,
  throttledDelayMs: 5_000,
  unavailableAttempts: 5,
  unavailableDelayMs: 100,
};

/** Checks a caller's policy and fills it up. @throws InvalidArgumentError for an unknown key or a number out of range */
export function resolveRetryPolicy(policy: Partial<RetryPolicy> = {}): RetryPolicy {
  checkKnownKeys(policy, Object.keys(defaultRetryPolicy), "options.retry");
  const resolved = { ...defaultRetryPolicy, ...policy };
  for (const [name, value] of Object.entries(resolved)) {
    const isCount = name.endsWith("Attempts");
    checkNumber(value, `options.retry.${name}`, {
      min: isCount ? 1 : 0,
      max: isCount ? 1000 : 86_400_000,
      integer: isCount,
    });
  }
  return resolved;
}
