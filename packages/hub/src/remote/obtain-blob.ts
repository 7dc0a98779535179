import { randomBytes } from "node:crypto";
import { mkdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ModelLoadError } from "@ocellus/core";
import type { CacheLayout } from "../cache/cache-layout.ts";
import { lengthOf, missingOf } from "../cache/cached-snapshot.ts";
import { lockFile } from "../cache/file-lock.ts";
import { linkBlob } from "../cache/link-blob.ts";
import type { HubSettings } from "../resolve-hub-options.ts";
import type { ListedFile } from "./file-listing.ts";
import type { HubClient } from "./hub-client.ts";
import { PartialFile } from "./partial-file.ts";
import { transferFile } from "./transfer-file.ts";

/** What surrounds the download of one blob. */
export interface BlobContext {
  readonly client: HubClient;
  readonly layout: CacheLayout;
  readonly settings: HubSettings;
  readonly commit: string;
  readonly signal: AbortSignal;
  readonly onBytes: (path: string, received: number, isTransferred: boolean) => void;
}

/**
 * Puts files with the same content into the snapshot: takes the lock of their blob, downloads it unless it is there by
 * then, and links it. Without a lock the download goes into a file of its own: other processes then cost bandwidth, but
 * no harm.
 *
 * @param files at least one; all with the same etag
 */
export async function obtainBlob(files: readonly ListedFile[], context: BlobContext): Promise<void> {
  const { layout, settings, commit, signal } = context;
  const [file] = files as readonly [ListedFile, ...ListedFile[]];
  const lock = await lockFile(join(layout.locks, `${file.etag}.lock`), {
    signal,
    onWait: () => settings.logger.info(`Waiting for another process that downloads ${file.path}.`),
  });
  try {
    const snapshot = join(layout.snapshots, commit);
    const missing = new Set(await missingOf(snapshot, files));
    const blob = join(layout.blobs, file.etag);
    const isThere = missing.size === 0 || (await lengthOf(blob)) === file.size;
    if (!isThere) await downloadBlob(file, blob, lock !== undefined, context);
    let isNew = !isThere;
    for (const { path } of files.filter(({ path }) => missing.has(path))) {
      // Only the last one may take a new blob away, where links cannot be made.
      missing.delete(path);
      await linkBlob(blob, join(snapshot, path), { mayLink: settings.mayLink, isNew: isNew && missing.size === 0 });
      isNew &&= missing.size > 0;
    }
    for (const { path, size } of files) context.onBytes(path, size, false);
  } finally {
    await lock?.release();
  }
}

async function downloadBlob(file: ListedFile, blob: string, isLocked: boolean, context: BlobContext): Promise<void> {
  const { client, settings, commit, signal } = context;
  await mkdir(dirname(blob), { recursive: true });
  const path = isLocked ? `${blob}.incomplete` : `${blob}.${randomBytes(4).toString("hex")}.incomplete`;
  const partial = await PartialFile.open(path, file, signal);
  try {
    context.onBytes(file.path, partial.received, false);
    await transferFile({
      client,
      url: client.fileUrl(commit, file.path),
      file,
      partial,
      attempts: settings.attempts,
      maxRetryDelayMs: settings.maxRetryDelayMs,
      signal,
      onBytes: (received) => context.onBytes(file.path, received, true),
    });
    await partial.finish();
    await rename(path, blob);
  } catch (error) {
    await (isLocked ? partial.close() : partial.discard());
    throw explain(error, file);
  }
}

function explain(error: unknown, { path }: ListedFile): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new ModelLoadError(
    `The disk is full while ${path} is downloaded. Free space and try again; what was downloaded is kept.`,
    { cause: error },
  );
}
