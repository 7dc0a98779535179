import { join } from "node:path";
import { linkAbort } from "@ocellus/core";
import { lengthOf } from "../cache/cached-snapshot.ts";
import { checkDiskSpace } from "../cache/check-disk-space.ts";
import { createDownloadProgress } from "./download-progress.ts";
import type { ListedFile } from "./file-listing.ts";
import { type BlobContext, obtainBlob } from "./obtain-blob.ts";

const parallelFiles = 4;

/**
 * Downloads files of one commit into its snapshot, four at a time, small ones first. The first failure stops the others;
 * what they have received stays for the next time.
 *
 * @throws ModelLoadError when the disk is too small, before anything is downloaded; what `obtainBlob` throws
 */
export async function downloadFiles(
  files: readonly ListedFile[],
  what: string,
  context: Omit<BlobContext, "onBytes">,
): Promise<void> {
  const { layout, settings } = context;
  const byContent = groupByContent(files);
  await checkDiskSpace(layout.cacheDir, await bytesToCome(byContent, layout.blobs), what);
  const sizes = new Map(files.map(({ path, size }) => [path, size]));
  const progress = createDownloadProgress(sizes, settings.onProgress);
  const stop = new AbortController();
  const unlink = linkAbort(stop, [context.signal]);
  const waiting = [...byContent].sort(([a], [b]) => a!.size - b!.size);
  let failure: { readonly error: unknown } | undefined;
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && failure === undefined; next = waiting.shift()) {
      try {
        await obtainBlob(next, { ...context, signal: stop.signal, onBytes: progress.set });
      } catch (error) {
        failure ??= { error };
        stop.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: parallelFiles }, work));
  unlink();
  if (failure !== undefined) throw failure.error;
}

function groupByContent(files: readonly ListedFile[]): ListedFile[][] {
  const groups = new Map<string, ListedFile[]>();
  for (const file of files) groups.set(file.etag, [...(groups.get(file.etag) ?? []), file]);
  return [...groups.values()];
}

/** Bytes that are neither here nor in an interrupted download. */
async function bytesToCome(groups: readonly (readonly ListedFile[])[], blobs: string): Promise<number> {
  const open = groups.map(async ([file]) => {
    const { etag, size } = file!;
    if ((await lengthOf(join(blobs, etag))) === size) return 0;
    return size - Math.min(size, (await lengthOf(join(blobs, `${etag}.incomplete`))) ?? 0);
  });
  return (await Promise.all(open)).reduce((sum, bytes) => sum + bytes, 0);
}
