import { join } from "node:path";

/**
 * Where the cache keeps a model; the layout is huggingface_hub's (its guide "Understand caching"), so that Python and
 * this package use each other's files.
 */
export interface CacheLayout {
  readonly cacheDir: string;
  /** `models--org--name`. */
  readonly modelFolder: string;
  /** Contents by their hash: SHA-256 of LFS files, git's SHA-1 of others. */
  readonly blobs: string;
  /** Files that hold the commit of a branch or tag. */
  readonly refs: string;
  /** A folder per commit, with links to the blobs. */
  readonly snapshots: string;
  /** Empty files for names that a commit does not have. */
  readonly absent: string;
  /** File lists of commits as Python keeps them (`<commit>.json`). */
  readonly pythonTrees: string;
  /** File lists of commits as this package keeps them. */
  readonly listings: string;
  /** Lock files of the blobs. */
  readonly locks: string;
}

/** The paths of the model `id` in a cache folder. Nothing is created. */
export function cacheLayout(cacheDir: string, id: string): CacheLayout {
  const name = `models--${id.replace("/", "--")}`;
  const modelFolder = join(cacheDir, name);
  return {
    cacheDir,
    modelFolder,
    blobs: join(modelFolder, "blobs"),
    refs: join(modelFolder, "refs"),
    snapshots: join(modelFolder, "snapshots"),
    absent: join(modelFolder, ".no_exist"),
    pythonTrees: join(modelFolder, "trees"),
    listings: join(modelFolder, ".ocellus"),
    locks: join(cacheDir, ".locks", name),
  };
}
