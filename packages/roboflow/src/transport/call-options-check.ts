import { checkKnownKeys, checkNumber, InvalidArgumentError } from "@ocellus/core";
import { type CallOptions, callOptionNames } from "./client-state.ts";

const limit = { min: 1, max: 2 ** 31 - 1, integer: true } as const;

/**
 * Checks the names of a call's own options and the values of the common ones.
 *
 * @returns the common ones alone
 * @throws InvalidArgumentError with the nearest known name
 */
export function checkCall(options: object, own: readonly string[]): CallOptions {
  checkKnownKeys(options, [...own, ...callOptionNames], "options");
  const { signal, timeoutMs, totalTimeoutMs, executionId } = options as CallOptions;
  if (timeoutMs !== undefined) checkNumber(timeoutMs, "options.timeoutMs", limit);
  if (totalTimeoutMs !== undefined) checkNumber(totalTimeoutMs, "options.totalTimeoutMs", limit);
  if (signal !== undefined && typeof signal?.addEventListener !== "function") {
    throw new InvalidArgumentError("options.signal must be an AbortSignal.");
  }
  return { signal, timeoutMs, totalTimeoutMs, executionId };
}
