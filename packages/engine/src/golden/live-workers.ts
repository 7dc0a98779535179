import { setTimeout as wait } from "node:timers/promises";
import type { Worker } from "node:worker_threads";

const live = new Set<Worker>();
let started = 0;

process.on("worker", (worker) => {
  started++;
  live.add(worker);
  worker.once("exit", () => live.delete(worker));
});

/** Worker threads that this process has started since this file was first imported. */
export function startedWorkers(): number {
  return started;
}

/** Waits until no worker thread is left; gives up after ten seconds. Returns how many are left. */
export async function remainingWorkers(): Promise<number> {
  for (let turn = 0; turn < 500 && live.size > 0; turn++) await wait(20);
  return live.size;
}
