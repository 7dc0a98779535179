import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readTextFile } from "./read-text-file.ts";

const memoName = "weight-hashes.json";
const memoVersion = 1;
const maxMemoBytes = 8 * 1024 * 1024;
const maxMemoEntries = 4096;
/** A file may change again without a new mtime within one tick of its file system (2 s on FAT): not remembered. */
const racyMs = 2500;

/** What identifies an unchanged file, as in git's index. Decimal strings: they exceed 2^53. */
export interface FileState {
  readonly size: string;
  readonly inode: string;
  readonly mtimeNs: string;
  readonly ctimeNs: string;
}

/** Known hashes of files; never the reason for a failure. */
export interface FingerprintMemo {
  /** The remembered SHA-256 (hex) of a file in exactly this state. */
  lookup(file: string, state: FileState): string | undefined;
  /** Remembers a hash until {@link FingerprintMemo.save}. */
  remember(file: string, state: FileState, sha256: string): void;
  /** Writes what is new; a folder that cannot be written is ignored. */
  save(): Promise<void>;
}

/** The current state of an open file. */
export async function fileState(handle: FileHandle): Promise<FileState> {
  const { size, ino, mtimeNs, ctimeNs } = await handle.stat({ bigint: true });
  return { size: `${size}`, inode: `${ino}`, mtimeNs: `${mtimeNs}`, ctimeNs: `${ctimeNs}` };
}

/** True when nothing in the two states differs. */
export function sameFileState(a: FileState, b: FileState): boolean {
  return a.size === b.size && a.inode === b.inode && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

/**
 * Opens the memo of known file hashes in `memoFolder`; without one nothing is remembered. A damaged memo counts as
 * empty. Concurrent writers replace the file as a whole: the last one wins, the other's files are hashed again.
 */
export async function openFingerprintMemo(memoFolder: string | undefined): Promise<FingerprintMemo> {
  const known = memoFolder === undefined ? new Map<string, Entry>() : await readMemo(memoFolder);
  const fresh = new Map<string, Entry>();
  return {
    lookup: (file, state) => {
      const entry = known.get(file);
      return entry !== undefined && sameFileState(entry, state) ? entry.sha256 : undefined;
    },
    remember: (file, state, sha256) => {
      const isRacy = Number(BigInt(state.mtimeNs) / 1_000_000n) > Date.now() - racyMs;
      if (!isRacy) fresh.set(file, { ...state, sha256 });
    },
    save: async () => {
      if (memoFolder !== undefined && fresh.size > 0) await writeMemo(memoFolder, fresh);
    },
  };
}

interface Entry extends FileState {
  readonly sha256: string;
}

function isEntry(value: unknown): value is Entry {
  const { size, inode, mtimeNs, ctimeNs, sha256 } = (value ?? {}) as Record<string, unknown>;
  return (
    [size, inode, mtimeNs, ctimeNs].every((field) => typeof field === "string") && /^[\da-f]{64}$/.test(`${sha256}`)
  );
}

async function readMemo(memoFolder: string): Promise<Map<string, Entry>> {
  try {
    const { version, files } = JSON.parse(await readTextFile(join(memoFolder, memoName), maxMemoBytes));
    if (version !== memoVersion) return new Map();
    return new Map(Object.entries(files).filter((entry): entry is [string, Entry] => isEntry(entry[1])));
  } catch {
    return new Map();
  }
}

async function writeMemo(memoFolder: string, fresh: ReadonlyMap<string, Entry>): Promise<void> {
  const temporary = join(memoFolder, `${memoName}.${process.pid}-${randomBytes(6).toString("hex")}.tmp`);
  try {
    await mkdir(memoFolder, { recursive: true });
    const merged = await readMemo(memoFolder);
    for (const [file, entry] of fresh) {
      merged.delete(file);
      merged.set(file, entry);
    }
    const newest = [...merged].slice(-maxMemoEntries);
    // fromEntries defines own properties, so a file named __proto__ is harmless.
    const text = JSON.stringify({ version: memoVersion, files: Object.fromEntries(newest) }, undefined, 1);
    await writeFile(temporary, text, { flag: "wx" });
    await rename(temporary, join(memoFolder, memoName));
  } catch {
    await rm(temporary, { force: true }).catch(() => {});
  }
}
