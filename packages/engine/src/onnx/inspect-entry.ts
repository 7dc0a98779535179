import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
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
import type { HashedPiece } from "./write-onnx-model.ts";

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
  if (!(await hasContent(path, file.pieces, signal))) return "has other content than was written";
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

/** True when the pieces of a file are what they were when they were written. */
async function hasContent(path: string, pieces: readonly HashedPiece[], signal?: AbortSignal): Promise<boolean> {
  const buffer = new Uint8Array(readBytes);
  const handle = await open(path);
  try {
    let end = 0;
    for (const { byteLength, sha256 } of pieces) {
      const start = end;
      end += byteLength;
      if ((await sha256OfStretch(handle, { start, end, buffer }, signal)) !== sha256) return false;
    }
    return true;
  } finally {
    await handle.close();
  }
}

interface Stretch {
  readonly start: number;
  readonly end: number;
  /** Takes the bytes that are hashed at a time. */
  readonly buffer: Uint8Array;
}

async function sha256OfStretch(
  handle: FileHandle,
  { start, end, buffer }: Stretch,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash("sha256");
  for (let position = start; position < end; ) {
    throwIfAborted(signal);
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.byteLength, end - position), position);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
  return hash.digest("hex");
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
