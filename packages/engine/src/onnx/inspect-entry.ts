import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type CacheManifest,
  fingerprint,
  graphWriterVersion,
  type ManifestFile,
  readManifest,
  sameFingerprint,
  writeManifest,
} from "./cache-manifest.ts";
import { throwIfAborted } from "./throw-if-aborted.ts";

/** Bytes that are hashed at a time. */
const readBytes = 4 << 20;

/** What is known about a cache entry; `inode` identifies the folder that was looked at. */
export type EntryState =
  | { readonly kind: "missing" }
  | { readonly kind: "valid"; readonly byteLength: number }
  | { readonly kind: "outdated"; readonly inode: bigint }
  | { readonly kind: "damaged"; readonly inode: bigint; readonly reason: string };

/**
 * Looks whether a cache entry can be used. Sizes are always compared; the content of a file is hashed in full when the
 * file was touched since it was last verified, so that an untouched entry costs a few system calls.
 *
 * @throws AbortedError when `signal` is aborted
 */
export async function inspectEntry(entry: string, key: string, signal?: AbortSignal): Promise<EntryState> {
  const folder = await statOrUndefined(entry);
  if (folder === undefined) return { kind: "missing" };
  const damaged = (reason: string): EntryState => ({ kind: "damaged", inode: folder.ino, reason });
  if (!folder.isDirectory()) return damaged("it is no folder");
  const manifest = await readManifest(entry);
  if (manifest === undefined) return damaged("its manifest is missing or unreadable");
  if (manifest.writerVersion !== graphWriterVersion) return { kind: "outdated", inode: folder.ino };
  if (manifest.key !== key) return damaged(`its manifest belongs to "${manifest.key}"`);
  const verified: ManifestFile[] = [];
  for (const file of manifest.files) {
    const result = await verifyFile(entry, file, signal);
    if (typeof result === "string") return damaged(`${file.name} ${result}`);
    verified.push(result);
  }
  await recordVerification(entry, manifest, verified);
  return { kind: "valid", byteLength: verified.reduce((sum, file) => sum + file.byteLength, 0) };
}

/** The file with its present fingerprint, or what is wrong with it. */
async function verifyFile(entry: string, file: ManifestFile, signal?: AbortSignal): Promise<ManifestFile | string> {
  const path = join(entry, file.name);
  const stats = await statOrUndefined(path);
  if (stats === undefined || !stats.isFile()) return "is missing";
  if (Number(stats.size) !== file.byteLength) return `has ${stats.size} bytes instead of ${file.byteLength}`;
  const present = fingerprint(stats);
  if (sameFingerprint(present, file.verified)) return file;
  if ((await sha256OfFile(path, signal)) !== file.sha256) return "has other content than was written";
  return { ...file, verified: present };
}

/** Saves new fingerprints. A cache that may only be read works as well; it is verified again the next time. */
async function recordVerification(
  entry: string,
  manifest: CacheManifest,
  verified: readonly ManifestFile[],
): Promise<void> {
  if (verified.every((file, index) => file === manifest.files[index])) return;
  await writeManifest(entry, { ...manifest, files: verified }).catch(() => undefined);
}

async function sha256OfFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(readBytes);
  const handle = await open(path);
  try {
    for (;;) {
      throwIfAborted(signal);
      const { bytesRead } = await handle.read(buffer, 0, buffer.byteLength, null);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

async function statOrUndefined(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}
