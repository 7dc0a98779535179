import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

const prefix = ".temporary";

/** No build takes this long: a folder this old is a left-over even if its process cannot be asked. */
const maxAgeMs = 24 * 3_600_000;

/** Computer name as a part of a file name: a shared cache may hold folders of processes of other machines. */
const host = hostname().replace(/[^\w-]/g, "_");

function temporaryPath(folder: string): string {
  return join(folder, `${prefix}.${host}.${process.pid}.${randomBytes(6).toString("hex")}`);
}

/** Creates an empty temporary folder inside the cache folder, which is created as well. */
export async function createTemporaryEntry(folder: string): Promise<string> {
  const path = temporaryPath(folder);
  await mkdir(path, { recursive: true });
  return path;
}

/**
 * Removes an entry such that no process ever sees a half-removed one: it is renamed first. An entry that another
 * process has replaced in the meantime is left alone.
 *
 * @param inode the folder (or file) that is to go
 */
export async function removeEntry(folder: string, name: string, inode: bigint): Promise<void> {
  const entry = join(folder, name);
  const doomed = temporaryPath(folder);
  try {
    if ((await stat(entry, { bigint: true })).ino !== inode) return;
    await rename(entry, doomed);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  await rm(doomed, { recursive: true, force: true });
}

/** Removes temporary folders of processes that have died. Never throws: it is tidying, and somebody may be faster. */
export async function removeLeftOvers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(`${prefix}.`)) continue;
    const path = join(folder, name);
    if (await isLeftOver(path, name)) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function isLeftOver(path: string, name: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) return false;
  if (Date.now() - stats.mtimeMs > maxAgeMs) return true;
  const [, , owner, pid] = name.split(".");
  return owner === host && !isAlive(Number(pid));
}

/** True when a process of this machine is running. */
export function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to another user
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
