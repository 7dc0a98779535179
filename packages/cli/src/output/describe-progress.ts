import type { ProgressEvent } from "ocellus";
import { formatBytes, formatDuration } from "./format-quantity.ts";

/** How far a download or a loading is. */
export interface ProgressState {
  /** 0–1; `null` when it is not known. */
  readonly fraction: number | null;
  /** Changes with what is done, not with how far it is. */
  readonly step: string;
  /** The step and numbers, for a line that is overwritten. */
  readonly text: string;
}

/** The state that an event tells of; `null` for the progress of a run. */
export function describeProgress(event: ProgressEvent): ProgressState | null {
  if (event.kind === "load") return { fraction: event.fraction, step: event.step, text: event.step };
  if (event.kind !== "download") return null;
  const { bytes, totalBytes } = event.overall ?? event;
  const total = totalBytes === null ? "" : ` of ${formatBytes(totalBytes)}`;
  return {
    fraction: totalBytes === null ? null : bytes / Math.max(1, totalBytes),
    step: "Downloading",
    text: `${event.file}: ${formatBytes(bytes)}${total}${speedOf(event.overall)}`,
  };
}

type Totals = Extract<ProgressEvent, { readonly kind: "download" }>["overall"];

function speedOf(totals: Totals): string {
  if (totals === undefined || totals.remainingMs === null) return "";
  return `, ${formatBytes(totals.bytesPerSecond)}/s, ${formatDuration(totals.remainingMs)} left`;
}
