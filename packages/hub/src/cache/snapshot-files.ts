import { readdir, readlink, stat } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";

/** A file of a snapshot as it is on the disk. */
export interface SnapshotFile {
  /** Inside the snapshot, with `/`. */
  readonly path: string;
  /** Where its bytes are: the target of its link (one step, as Python counts it), or the file itself. */
  readonly blob: string;
  /** Undefined when the link leads nowhere. */
  readonly bytes: number | undefined;
}

/** All files of a snapshot folder, sorted by path; none when there is no such folder. */
export async function snapshotFiles(folder: string): Promise<SnapshotFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(ifMissing);
  const files = entries.filter((entry) => !entry.isDirectory());
  const found = files.map(async (entry): Promise<SnapshotFile> => {
    const file = join(entry.parentPath, entry.name);
    const blob = entry.isSymbolicLink() ? resolve(entry.parentPath, await readlink(file)) : file;
    const bytes = await stat(blob).then(
      ({ size }) => size,
      () => undefined,
    );
    return { path: relative(folder, file).split(sep).join("/"), blob, bytes };
  });
  return (await Promise.all(found)).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Names in a folder; none when it is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(ifMissing)).sort();
}

function ifMissing(error: NodeJS.ErrnoException): never[] {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
  throw error;
}
