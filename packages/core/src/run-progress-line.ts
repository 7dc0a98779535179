import type { RunProgressEvent } from "./progress-event.ts";

/** Where a progress line is written; `process.stderr` is one. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A line that is written again and again. */
export interface RunProgressLine {
  update(event: RunProgressEvent): void;
  /** Ends the line. */
  end(): void;
}

const minIntervalMs = 100;
const barWidth = 20;

/**
 * Shows the progress of a run on one line: bar, counts, speed, remaining time. On a terminal the line is overwritten,
 * at most ten times a second; elsewhere only the last state is written.
 */
export function createRunProgressLine(output: ProgressOutput): RunProgressLine {
  let latest: RunProgressEvent | null = null;
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    update(event) {
      latest = event;
      const isDue = event.elapsedMs - shownAt >= minIntervalMs || event.completed === event.total;
      if (output.isTTY !== true || !isDue) return;
      shownAt = event.elapsedMs;
      output.write(`\r${formatRunProgress(event)}\u001b[K`);
    },
    end() {
      if (latest !== null) output.write(output.isTTY === true ? "\n" : `${formatRunProgress(latest)}\n`);
    },
  };
}

/** The text of the line, without its end. */
export function formatRunProgress(event: RunProgressEvent): string {
  const { completed, total, succeeded, failed, entriesPerSecond, remainingMs } = event;
  const filled = total === 0 ? barWidth : Math.floor((completed / total) * barWidth);
  const bar = "█".repeat(filled) + "░".repeat(barWidth - filled);
  const left = remainingMs === null || completed === total ? "" : `, ${formatDuration(remainingMs)} left`;
  return `${bar} ${completed}/${total} (${succeeded} ok, ${failed} failed) ${entriesPerSecond.toFixed(1)}/s${left}`;
}

function formatDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const pad = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}
