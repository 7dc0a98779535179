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
  /** Bytes of the file that are here, those of an earlier run included. */
  readonly bytes: number;
  /** `null` when the server does not say. */
  readonly totalBytes: number | null;
  /** All files of the download together; absent when their number is not known. */
  readonly overall?: DownloadTotals;
}

/** How far all files of a download are together. */
export interface DownloadTotals {
  /** Bytes that are here, those of an earlier run included. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** Speed of the last seconds. */
  readonly bytesPerSecond: number;
  /** Estimate from the speed; `null` before the first bytes. */
  readonly remainingMs: number | null;
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
