import type { ModelInfo, VisionError } from "@ocellus/core";
import { isConnectionRefusal } from "@ocellus/http";

/** Statuses with which a service says that it did not do the work: too many requests, not available. */
const undoneStatuses: ReadonlySet<number> = new Set([429, 503]);

/**
 * Whether the next model may be asked after a failure of one.
 *
 * Only failures that are not the question's own fault: those marked as retryable, and what keeps a local model from
 * answering (memory, a missing native package). A remote failure that may have come after the work was done (a timeout, a
 * broken connection, a server error) also needs `mayChargeTwice`.
 */
export function mayFallBack(error: VisionError, { provider }: ModelInfo, mayChargeTwice: boolean): boolean {
  if (provider === "local") return error.isRetryable || unavailableCodes.has(error.code);
  if (!error.isRetryable) return false;
  return mayChargeTwice || wasNotCharged(error);
}

const unavailableCodes: ReadonlySet<string> = new Set(["insufficient-memory", "missing-dependency"]);

function wasNotCharged(error: VisionError): boolean {
  if (error.code === "connection") return isConnectionRefusal(error);
  if (error.code !== "api-call") return false;
  return undoneStatuses.has((error as VisionError & { readonly status: number }).status);
}
