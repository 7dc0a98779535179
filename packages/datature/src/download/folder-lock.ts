import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { abortError, TimeoutError } from "@ocellus/core";

const pollMs = 500;
const heartbeatMs = 30_000;
/** A holder on another machine that has not been heard of for this long is gone. */
const staleMs = 5 * 60_000;
const maxWaitMs = 6 * 3_600_000;

/**
 * Waits until no other process works in a folder, and keeps others away until it is disposed. A lock of a process that
 * has ended does not count.
 *
 * @throws TimeoutError after six hours, AbortedError; errors of the file system as they are
 */
export async function lockFolder(folder: string, signal: AbortSignal | undefined): Promise<AsyncDisposable> {
  const path = join(folder, ".ocellus.lock");
  const deadline = performance.now() + maxWaitMs;
  while (!(await take(path))) {
    if (performance.now() > deadline) {
      throw new TimeoutError(`Another process has ${path} for hours. Remove the file if it has ended.`, {
        timeoutMs: maxWaitMs,
      });
    }
    if (await isAbandoned(path)) await rm(path, { force: true });
    else {
      await sleep(pollMs, undefined, signal === undefined ? {} : { signal }).catch(() => {
        throw abortError(signal!);
      });
    }
  }
  const heartbeat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), heartbeatMs);
  heartbeat.unref();
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(heartbeat);
      await rm(path, { force: true });
    },
  };
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname() })).finally(() => file.close());
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  try {
    const age = Date.now() - (await stat(path)).mtimeMs;
    if (age > staleMs) return true;
    const { pid, host } = JSON.parse(await readFile(path, "utf8")) as { pid?: number; host?: string };
    return host === hostname() && typeof pid === "number" && !isAlive(pid);
  } catch {
    // Gone meanwhile, or just being written.
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
