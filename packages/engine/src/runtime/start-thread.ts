import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { SHARE_ENV, Worker } from "node:worker_threads";

/**
 * Starts a worker thread of this package.
 *
 * @param entry name of the entry in the package's exports
 * @param workerData what the thread finds as its `workerData`
 */
export function startThread(entry: "worker" | "session-worker" | "converter-worker", workerData: unknown): Worker {
  // Through the package's own exports, so that it also resolves when this file runs from its TypeScript source.
  const path = createRequire(import.meta.url).resolve(`@ocellus/engine/${entry}`);
  return new Worker(pathToFileURL(path), {
    workerData,
    name: `ocellus-${entry}`,
    // onnx-session.ts sets a variable that native code reads; a worker's own environment is out of its sight.
    env: SHARE_ENV,
    // A program given with --input-type would hand this flag on, and a worker with a file refuses it.
    ...(process.execArgv.some((flag) => flag.startsWith("--input-type")) ? { execArgv: [] } : {}),
  });
}
