import { type FileHandle, open } from "node:fs/promises";
import { type IncomingHttpHeaders, type IncomingMessage, STATUS_CODES } from "node:http";
import { ApiCallError, abortError, ConnectionError, linkAbort, TimeoutError, VisionError } from "@ocellus/core";
import type { DownloadFileOptions } from "./download-file.ts";
import { type OpenedUrl, openUrlSafely } from "./open-url-safely.ts";
import { describeUrl, parseWebUrl } from "./parse-web-url.ts";
import type { PartialFile } from "./partial-file.ts";
import { checkEncoding, tooLarge } from "./read-limited-body.ts";
import { connectionFailed } from "./request-pinned.ts";
import { type StatedChecksum, statedChecksum } from "./stated-checksum.ts";

/** All bytes are in the partial file. */
export interface CompletePart {
  readonly bytes: number;
  readonly checksum: StatedChecksum | null;
  /** The address for messages. */
  readonly what: string;
}

const progressBytes = 1024 * 1024;
const maxRedirects = 5;

/** One try of a download: asks for what is missing and appends it to the partial file. */
export class DownloadAttempt {
  readonly #options: DownloadFileOptions;
  readonly #partial: PartialFile;
  readonly #life = new AbortController();
  #idle: NodeJS.Timeout | undefined;

  constructor(options: DownloadFileOptions, partial: PartialFile) {
    this.#options = options;
    this.#partial = partial;
  }

  /** @throws as `downloadFile` */
  async run(address: string): Promise<CompletePart> {
    const url = parseWebUrl(address);
    const { signal, idleTimeoutMs: timeoutMs = 60_000 } = this.#options;
    const unlink = linkAbort(this.#life, [signal]);
    this.#idle = setTimeout(() => {
      this.#life.abort(new TimeoutError(`${describeUrl(url)} sent nothing for ${timeoutMs} ms.`, { timeoutMs }));
    }, timeoutMs);
    try {
      return await this.#transfer(url);
    } catch (error) {
      const { aborted, reason } = this.#life.signal;
      if (aborted) throw TimeoutError.isInstance(reason) ? reason : abortError(this.#life.signal);
      throw error;
    } finally {
      clearTimeout(this.#idle);
      unlink();
    }
  }

  async #transfer(url: URL): Promise<CompletePart> {
    const state = await this.#partial.state();
    const present = state === null ? 0 : await this.#partial.size();
    const range = present === 0 ? {} : { range: `bytes=${present}-`, "if-range": state!.validator };
    const { headers = {}, allowPrivateAddresses, resolveHost } = this.#options;
    const opened = await openUrlSafely(url, {
      signal: this.#life.signal,
      maxRedirects,
      allowPrivateAddresses,
      resolveHost,
      headers: { ...headers, ...range },
    });
    try {
      if (opened.response.statusCode === 416 && !isComplete(opened.response, present)) {
        throw await this.#discard(`${describeUrl(opened.url)} is shorter now than what had arrived of it.`);
      }
      return await this.#receive(opened, present);
    } finally {
      opened.response.destroy();
    }
  }

  async #receive({ url, response }: OpenedUrl, present: number): Promise<CompletePart> {
    const { headers } = response;
    const range = contentRange(headers);
    const what = describeUrl(url);
    if (isComplete(response, present)) return { bytes: present, checksum: null, what };
    checkStatus(response, url);
    checkEncoding(response, url);
    const start = response.statusCode === 206 ? present : 0;
    if (start !== (range?.start ?? 0)) throw await this.#discard(`${what} sent another part than was asked for.`);
    const length = headers["content-length"] === undefined ? null : Number(headers["content-length"]);
    const total = range?.total ?? (length === null ? null : start + length);
    const { maxBytes = 2 ** 40, onSize } = this.#options;
    if (total !== null && total > maxBytes) throw tooLarge(url, maxBytes);
    await onSize?.(total, start);
    if (start === 0) await this.#partial.begin({ validator: validatorOf(headers), totalBytes: total });
    const bytes = await this.#append(response, url, { start, total, maxBytes });
    if (total !== null && bytes !== total) throw new ConnectionError(`${what} ended after ${bytes} of ${total} bytes.`);
    return { bytes, checksum: statedChecksum(headers), what };
  }

  async #discard(message: string): Promise<ConnectionError> {
    await this.#partial.discard();
    return new ConnectionError(message);
  }

  async #append(
    response: IncomingMessage,
    url: URL,
    { start, total, maxBytes }: { readonly start: number; readonly total: number | null; readonly maxBytes: number },
  ): Promise<number> {
    const file = await open(this.#partial.path, "r+");
    let position = start;
    let reported = start;
    try {
      for await (const chunk of piecesOf(response, url)) {
        this.#idle?.refresh();
        if (position + chunk.length > (total ?? maxBytes)) throw tooLarge(url, total ?? maxBytes);
        await writeFully(file, chunk, position);
        position += chunk.length;
        if (position - reported < progressBytes) continue;
        reported = position;
        this.#options.onProgress?.(position, total);
      }
      await file.truncate(position);
      await file.sync();
    } finally {
      await file.close();
    }
    if (position !== reported || position === start) this.#options.onProgress?.(position, total);
    return position;
  }
}

/** Everything was there already: a process ended between the last byte and the renaming. */
function isComplete({ statusCode, headers }: IncomingMessage, present: number): boolean {
  return statusCode === 416 && present > 0 && contentRange(headers)?.total === present;
}

function checkStatus({ statusCode: status = 0 }: IncomingMessage, url: URL): void {
  if (status === 200 || status === 206) return;
  const title = `${describeUrl(url)} answered with status ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
  throw new ApiCallError(`${title}.`, { status, url: url.href });
}

async function writeFully(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    done += (await file.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
  }
}

async function* piecesOf(response: IncomingMessage, url: URL): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* response;
  } catch (cause) {
    throw VisionError.isInstance(cause) ? cause : connectionFailed(url, cause as Error);
  }
}

/** A weak ETag does not promise the same bytes; a date only those of the same second, which is what `If-Range` allows. */
function validatorOf({ etag, "last-modified": modified }: IncomingHttpHeaders): string | null {
  if (etag !== undefined && !etag.startsWith("W/")) return etag;
  return modified ?? null;
}

/** `bytes 5-9/10` or `bytes *\/10`. */
function contentRange(
  headers: IncomingHttpHeaders,
): { readonly start: number | null; readonly total: number | null } | null {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(?:(\d+)|\*)$/.exec(headers["content-range"] ?? "");
  if (match === null) return null;
  const [, start, total] = match;
  return { start: start === undefined ? null : Number(start), total: total === undefined ? null : Number(total) };
}
