import type { BigIntStats } from "node:fs";
import { open, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import type { HashedPiece, WrittenFile } from "./write-onnx-model.ts";

/** Changes whenever files written by an older version of this folder's code may not be used any more. */
export const graphWriterVersion = 5;

const manifestFile = "manifest.json";

/** A manifest has some hundred bytes for each piece of a file; anything larger is not one. */
const maxManifestBytes = 1 << 20;

/** File attributes that change when the content does (as in git's index). Decimal strings, for they exceed 2^53. */
export interface FileFingerprint {
  readonly inode: string;
  readonly modifiedNs: string;
  readonly changedNs: string;
}

/** One file of a cache entry. */
export interface ManifestFile extends WrittenFile {
  /** Attributes of the file when its content was last compared with its hashes. */
  readonly verified: FileFingerprint;
}

/** What a cache entry contains. */
export interface CacheManifest {
  readonly writerVersion: number;
  readonly key: string;
  readonly files: readonly ManifestFile[];
}

/** The fingerprint of a file from its attributes. */
export function fingerprint(stats: BigIntStats): FileFingerprint {
  return { inode: String(stats.ino), modifiedNs: String(stats.mtimeNs), changedNs: String(stats.ctimeNs) };
}

/** True when a file has not been touched between two fingerprints. */
export function sameFingerprint(one: FileFingerprint, other: FileFingerprint): boolean {
  return one.inode === other.inode && one.modifiedNs === other.modifiedNs && one.changedNs === other.changedNs;
}

/**
 * Reads the manifest of an entry.
 *
 * @returns undefined when there is none or it is not well formed
 * @throws the file system's error when it exists and cannot be read
 */
export async function readManifest(entry: string): Promise<CacheManifest | undefined> {
  try {
    const path = join(entry, manifestFile);
    if ((await stat(path)).size > maxManifestBytes) return undefined;
    const parsed: unknown = JSON.parse(await readFile(path, "utf8"));
    return isManifest(parsed) ? parsed : undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (error instanceof SyntaxError || code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** Writes the manifest of an entry, whole or not at all, and waits until it is on the disk. */
export async function writeManifest(entry: string, manifest: CacheManifest): Promise<void> {
  const temporary = join(entry, `${manifestFile}.${process.pid}.${Math.random().toString(36).slice(2)}`);
  const handle = await open(temporary, "w");
  try {
    await handle.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, join(entry, manifestFile));
}

function isManifest(value: unknown): value is CacheManifest {
  if (!isRecord(value) || typeof value.writerVersion !== "number" || typeof value.key !== "string") return false;
  return Array.isArray(value.files) && value.files.length > 0 && value.files.every(isManifestFile);
}

function isManifestFile(value: unknown): value is ManifestFile {
  if (!isRecord(value) || !isRecord(value.verified)) return false;
  const { inode, modifiedNs, changedNs } = value.verified;
  const texts = [value.name, inode, modifiedNs, changedNs];
  if (!texts.every((text) => typeof text === "string")) return false;
  // A name must not lead out of the entry.
  if (!/^[\w-][\w.-]*$/.test(value.name as string)) return false;
  if (!Array.isArray(value.pieces) || !value.pieces.every(isPiece)) return false;
  return value.pieces.reduce((sum: number, { byteLength }) => sum + byteLength, 0) === value.byteLength;
}

function isPiece(value: unknown): value is HashedPiece {
  if (!isRecord(value) || !Number.isSafeInteger(value.byteLength) || (value.byteLength as number) < 0) return false;
  return typeof value.sha256 === "string" && /^[0-9a-f]{64}$/.test(value.sha256);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
