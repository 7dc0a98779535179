import type { DownloadProgressEvent } from "@ocellus/core";

/** Collects how far files are and reports it. */
export interface DownloadProgress {
  /** Notes that `bytes` of a file are here: before the transfer begins, and while it runs. */
  set(path: string, bytes: number, isTransferred: boolean): void;
}

const minIntervalMs = 100;
/** The speed is measured over the last two of these. */
const windowMs = 5_000;

/**
 * Progress of files that are downloaded together: at most ten events a second, and one whenever a file is complete.
 * What the listener throws is ignored.
 *
 * @param sizes length of every file by its path
 * @param now a clock in milliseconds
 */
export function createDownloadProgress(
  sizes: ReadonlyMap<string, number>,
  listener: ((event: DownloadProgressEvent) => void) | undefined,
  now: () => number = () => performance.now(),
): DownloadProgress {
  const here = new Map<string, number>();
  const totalBytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const speed = createSpeedometer(now);
  let bytes = 0;
  let reportedAt = Number.NEGATIVE_INFINITY;
  const report = (file: string): void => {
    const bytesPerSecond = speed.bytesPerSecond();
    const remainingMs = bytesPerSecond > 0 ? ((totalBytes - bytes) / bytesPerSecond) * 1000 : null;
    const overall = { bytes, totalBytes, bytesPerSecond, remainingMs };
    try {
      listener?.({ kind: "download", file, bytes: here.get(file) ?? 0, totalBytes: sizes.get(file) ?? null, overall });
    } catch {
      // A listener cannot break a download.
    }
  };
  return {
    set(path, fileBytes, isTransferred) {
      const added = fileBytes - (here.get(path) ?? 0);
      here.set(path, fileBytes);
      bytes += added;
      if (isTransferred && added > 0) speed.add(added);
      const isDue = now() - reportedAt >= minIntervalMs || fileBytes === sizes.get(path);
      if (!isDue) return;
      reportedAt = now();
      report(path);
    },
  };
}

interface Speedometer {
  add(bytes: number): void;
  bytesPerSecond(): number;
}

function createSpeedometer(now: () => number): Speedometer {
  let previous = { startedAt: now(), bytes: 0 };
  let current = { startedAt: now(), bytes: 0 };
  return {
    add(bytes) {
      if (now() - current.startedAt >= windowMs) {
        previous = current;
        current = { startedAt: now(), bytes: 0 };
      }
      current.bytes += bytes;
    },
    bytesPerSecond() {
      const elapsedMs = now() - previous.startedAt;
      return elapsedMs > 0 ? ((previous.bytes + current.bytes) / elapsedMs) * 1000 : 0;
    },
  };
}
