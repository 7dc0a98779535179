/** A run over a list or folder has finished another entry. */
export interface RunProgressEvent {
  readonly kind: "run";
  /** Entries that are finished, with success or not. */
  readonly completed: number;
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly elapsedMs: number;
  /** Finished entries per second so far. */
  readonly entriesPerSecond: number;
  /** Estimate from the speed so far; `null` before the first entry. */
  readonly remainingMs: number | null;
}

/** Bytes of a checkpoint file have arrived. */
export interface DownloadProgressEvent {
  readonly kind: "download";
  readonly file: string;
  readonly bytes: number;
  /** `null` when the server does not say. */
  readonly totalBytes: number | null;
}

/** A model is being loaded. */
export interface LoadProgressEvent {
  readonly kind: "load";
  /** What is being done, as a short phrase. */
  readonly step: string;
  /** 0–1. */
  readonly fraction: number;
}

/** What an `onProgress` callback receives; `kind` discriminates. */
export type ProgressEvent = RunProgressEvent | DownloadProgressEvent | LoadProgressEvent;

/** Receives progress. What it throws is ignored: it cannot break a run. */
export type ProgressListener = (event: ProgressEvent) => void;
