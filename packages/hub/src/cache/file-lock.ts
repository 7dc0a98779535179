import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { abortError, throwIfAborted } from "@ocellus/core";

/** A lock that is held until it is released, or until the process ends in any way. */
export interface FileLock {
  release(): Promise<void>;
}

/** How to wait for a lock. */
export interface FileLockOptions {
  readonly signal: AbortSignal;
  /** Told once when somebody else holds the lock. */
  readonly onWait?: (() => void) | undefined;
}

/** Opening with this flag takes the lock that Python's filelock takes there. Linux has no such flag. */
const lockFlags: Readonly<Partial<Record<NodeJS.Platform, number>>> = {
  // O_EXLOCK of the BSDs: flock(2) at once.
  darwin: 0x20,
  freebsd: 0x20,
  openbsd: 0x20,
  // UV_FS_O_EXLOCK of libuv: no sharing, which filelock's opening respects.
  win32: 0x1000_0000,
};
const busyCodes: ReadonlySet<unknown> = new Set(["EAGAIN", "EWOULDBLOCK", "EBUSY", "EACCES", "EPERM"]);
const pollMs = 100;
/** Group-writable like Python's, so that several users may share a cache. */
const lockMode = 0o664;

/**
 * Takes the lock on a file, which is created when missing and never deleted: the same kernel lock as Python's `filelock`
 * (flock(2); exclusive opening on Windows), so that both wait for each other. The kernel releases it when this process
 * dies.
 *
 * @returns undefined where this system gives no way to it; what it guards must then be safe without
 * @throws AbortedError when `signal` is aborted while it waits
 */
export async function lockFile(path: string, options: FileLockOptions): Promise<FileLock | undefined> {
  await mkdir(dirname(path), { recursive: true });
  const flag = lockFlags[process.platform];
  const handle = flag === undefined ? await lockByCommand(path, options) : await lockByOpening(path, flag, options);
  return handle === undefined ? undefined : { release: () => handle.close() };
}

async function lockByOpening(path: string, flag: number, { signal, onWait }: FileLockOptions): Promise<FileHandle> {
  const flags = constants.O_RDWR | constants.O_CREAT | flag | (constants.O_NONBLOCK ?? 0);
  for (let tries = 0; ; tries += 1) {
    throwIfAborted(signal);
    try {
      return await open(path, flags, lockMode);
    } catch (error) {
      if (!busyCodes.has((error as NodeJS.ErrnoException).code)) throw error;
    }
    if (tries === 0) onWait?.();
    await sleep(pollMs, undefined, { signal }).catch(() => {
      throw abortError(signal);
    });
  }
}

/**
 * Node cannot call flock(2), but the lock belongs to the open file, not to a process: `flock` (util-linux, busybox)
 * inherits the descriptor, takes the lock on it, and ends. The lock stays with this process.
 */
async function lockByCommand(path: string, { signal, onWait }: FileLockOptions): Promise<FileHandle | undefined> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  for (;;) {
    throwIfAborted(signal);
    const handle = await open(path, flags, lockMode);
    let isLocked = false;
    try {
      let status = await runFlock(["-x", "-n", "3"], handle, signal);
      if (status === busyStatus) {
        onWait?.();
        status = await runFlock(["-x", "3"], handle, signal);
      }
      throwIfAborted(signal);
      if (status !== 0) return undefined;
      // Somebody may have deleted the file meanwhile: a lock on a file without a name guards nothing.
      isLocked = (await handle.stat()).nlink > 0;
      if (isLocked) return handle;
    } finally {
      if (!isLocked) await handle.close();
    }
  }
}

/** Exit status of `flock -n` when somebody else has the lock. */
const busyStatus = 1;

/** The exit status of the command, or undefined when it is not there or was stopped. */
function runFlock(args: readonly string[], handle: FileHandle, signal: AbortSignal): Promise<number | undefined> {
  return new Promise((resolve) => {
    const child = spawn("flock", [...args], {
      stdio: ["ignore", "ignore", "ignore", handle.fd],
      signal,
      killSignal: "SIGKILL",
    });
    child.once("error", () => resolve(undefined));
    child.once("exit", (code) => resolve(code ?? undefined));
  });
}
