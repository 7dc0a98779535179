import { statfs } from "node:fs/promises";
import { formatBytes } from "./storage-error.ts";

/**
 * Fails before minutes of work when the disk of `folder` has too little room already.
 *
 * @throws an error with the code ENOSPC; the caller adds the remedy
 */
export async function checkDiskRoom(folder: string, needed: number): Promise<void> {
  const disk = await statfs(folder);
  const free = disk.bavail * disk.bsize;
  // Some virtual file systems report no size at all.
  if (disk.blocks === 0 || free >= needed) return;
  throw Object.assign(new Error(`${formatBytes(free)} free, ${formatBytes(needed)} needed`), { code: "ENOSPC" });
}
