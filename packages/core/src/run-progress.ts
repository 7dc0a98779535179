import type { RunProgressEvent } from "./progress-event.ts";

/** Counts the finished entries of a run. */
export interface RunProgress {
  /** One more entry is finished; returns the state after it. */
  finish(isSuccess: boolean): RunProgressEvent;
}

/** @param now clock in milliseconds, for tests */
export function createRunProgress(total: number, now: () => number = performance.now.bind(performance)): RunProgress {
  const startedAt = now();
  let succeeded = 0;
  let failed = 0;
  return {
    finish(isSuccess) {
      if (isSuccess) succeeded++;
      else failed++;
      const completed = succeeded + failed;
      const elapsedMs = now() - startedAt;
      const entriesPerSecond = elapsedMs > 0 ? (completed / elapsedMs) * 1000 : 0;
      const remainingMs = (elapsedMs / completed) * (total - completed);
      return { kind: "run", completed, total, succeeded, failed, elapsedMs, entriesPerSecond, remainingMs };
    },
  };
}
