import { mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "./temporary-entry.ts";
import { throwIfAborted } from "./throw-if-aborted.ts";

/** How often a holder says that it still works, and after which silence it counts as gone. */
const heartbeatMs = 5_000;
const staleMs = 60_000;

/** How often a waiting process looks again. */
const pollMs = 200;

/** The right to build an entry. */
export interface BuildLock {
  /** Gives it back; never throws. */
  release(): Promise<void>;
}

/**
 * Waits until no other process builds the entry and takes the right to build it. It saves work and memory, no more: should
 * two processes hold it (a holder that slept longer than a minute), both build, and the first to finish is kept.
 *
 * @param folder of the cache; created when missing
 * @throws the file system's error when the folder cannot be written; AbortedError after `signal`
 */
export async function acquireBuildLock(folder: string, key: string, signal?: AbortSignal): Promise<BuildLock> {
  const path = join(folder, `.lock.${key}`);
  const owner = JSON.stringify({ host: hostname(), pid: process.pid });
  await mkdir(folder, { recursive: true });
  while (!(await create(path, owner))) {
    throwIfAborted(signal);
    if (await isStale(path)) await rm(path, { force: true });
    // The signal's own error is thrown above, with the type that callers expect.
    else await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, heartbeatMs);
  heartbeat.unref();
  return {
    release: async () => {
      clearInterval(heartbeat);
      if ((await readFile(path, "utf8").catch(() => undefined)) === owner)
        await rm(path, { force: true }).catch(() => {});
    },
  };
}

async function create(path: string, owner: string): Promise<boolean> {
  try {
    await writeFile(path, owner, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** A lock that has not been touched for long, or whose process on this machine has ended. */
async function isStale(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) return false;
  if (Date.now() - stats.mtimeMs > staleMs) return true;
  try {
    const { host, pid } = JSON.parse(await readFile(path, "utf8")) as { host?: unknown; pid?: unknown };
    return host === hostname() && !isAlive(Number(pid));
  } catch {
    // Still being written, or gone.
    return false;
  }
}
