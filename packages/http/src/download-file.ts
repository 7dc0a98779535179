import { rename } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiCallError, abortError, ConnectionError, TimeoutError, throwIfAborted } from "@ocellus/core";
import { DownloadAttempt } from "./download-attempt.ts";
import { PartialFile } from "./partial-file.ts";
import type { ResolveHost } from "./resolve-addresses.ts";
import { type StatedChecksum, verifyChecksum } from "./stated-checksum.ts";

/** Options of {@link downloadFile}; defaults in parentheses. */
export interface DownloadFileOptions {
  /** Address, or what gives a fresh one: asked before every try, for addresses that expire. */
  readonly url: string | ((signal: AbortSignal | undefined) => Promise<string>);
  /** Where the whole file goes; its folder exists. Until then `<path>.part` and `<path>.part.json` are beside it. */
  readonly path: string;
  /** Longest file in bytes (1 TiB). */
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told how much is there, at most about once a MiB. */
  readonly onProgress?: ((bytes: number, totalBytes: number | null) => void) | undefined;
  /** Told before anything is written how much is coming and how much of it is there; may throw. */
  readonly onSize?: ((totalBytes: number | null, presentBytes: number) => Promise<void>) | undefined;
  /** Longest wait for the headers or for the next piece in milliseconds (60,000). */
  readonly idleTimeoutMs?: number | undefined;
  /** Failed tries in a row that brought nothing (5). */
  readonly attempts?: number | undefined;
  /** Longest random wait before another try in milliseconds, doubled with every failure (1,000). */
  readonly maxDelayMs?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Also from loopback and private addresses (false). */
  readonly allowPrivateAddresses?: boolean | undefined;
  readonly resolveHost?: ResolveHost | undefined;
}

/** A file that is complete. */
export interface DownloadedFile {
  readonly path: string;
  readonly bytes: number;
  /** What it was compared with; `null` when the server states no checksum, so that only the length is sure. */
  readonly checksum: StatedChecksum | null;
}

/** A server that sends a few bytes and cuts, again and again, comes to an end, too. */
const maxTries = 200;

/**
 * Downloads a large file: goes on where an earlier try or process was cut off, as long as the file on the server is the
 * same (`If-Range`), begins again when it has changed, compares length and checksum, and gives the file its name only
 * when all of it is right. One process at a time for one path.
 *
 * @throws ApiCallError, ConnectionError, TimeoutError after the last try; AbortedError
 * @throws UnsupportedMediaError when the file is longer than `maxBytes` or compressed on its way
 * @throws errors of the file system (`ENOSPC`) as they are
 */
export async function downloadFile(options: DownloadFileOptions): Promise<DownloadedFile> {
  const { signal, path, attempts = 5, maxDelayMs = 1_000 } = options;
  const partial = new PartialFile(path);
  let failures = 0;
  for (let tries = 1; ; tries += 1) {
    throwIfAborted(signal);
    const before = await partial.size();
    try {
      return await downloadOnce(options, partial);
    } catch (error) {
      failures = (await partial.size()) > before ? 1 : failures + 1;
      if (!mayRepeat(error, options) || failures >= attempts || tries >= maxTries) throw error;
      await pause(Math.random() * maxDelayMs * 2 ** Math.min(failures - 1, 6), signal);
    }
  }
}

async function downloadOnce(options: DownloadFileOptions, partial: PartialFile): Promise<DownloadedFile> {
  const { path, url, signal } = options;
  const address = typeof url === "string" ? url : await url(signal);
  const { bytes, checksum, what } = await new DownloadAttempt(options, partial).run(address);
  if (checksum !== null) {
    await verifyChecksum(partial.path, checksum, what).catch(async (error: unknown) => {
      await partial.discard();
      throw error;
    });
  }
  await rename(partial.path, path);
  await partial.finish();
  return { path, bytes, checksum };
}

/** An expired address is refused by 400, 401 or 403; a fresh one helps. */
const staleAddressStatuses: ReadonlySet<number> = new Set([400, 401, 403]);

function mayRepeat(error: unknown, { url }: DownloadFileOptions): boolean {
  if (ApiCallError.isInstance(error)) {
    return error.isRetryable || (typeof url !== "string" && staleAddressStatuses.has(error.status));
  }
  return TimeoutError.isInstance(error) || (ConnectionError.isInstance(error) && error.isRetryable);
}

async function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(delayMs, undefined, signal === undefined ? {} : { signal }).catch(() => {
    throw abortError(signal!);
  });
}
