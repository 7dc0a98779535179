import { setTimeout as sleep } from "node:timers/promises";
import { ApiCallError, abortError, ConnectionError, ModelLoadError, VisionError } from "@ocellus/core";
import type { HttpStream } from "@ocellus/http";
import type { ListedFile } from "./file-listing.ts";
import type { HubClient } from "./hub-client.ts";
import type { PartialFile } from "./partial-file.ts";

/** What a transfer needs. */
export interface Transfer {
  readonly client: HubClient;
  readonly url: string;
  readonly file: ListedFile;
  readonly partial: PartialFile;
  /** Tries in a row that bring less than a MiB. */
  readonly attempts: number;
  readonly maxRetryDelayMs: number;
  readonly signal: AbortSignal;
  /** Told how many bytes are here, also when there are fewer again. */
  readonly onBytes: (received: number) => void;
}

/** A try that brought this much counts as headway. */
const headwayBytes = 2 ** 20;
/** Downloads of the whole content whose hash was wrong, before it is given up. */
const maxDamaged = 3;
const partialContent = 206;
const rangeNotSatisfiable = 416;

/**
 * Brings a partial file to its full, checked content. A connection that is cut or stalls is taken up where it broke
 * (`Range` with `If-Range`); a server that answers with everything, or with another version, begins anew; content whose
 * hash is wrong is dropped and had once more.
 *
 * @throws ModelLoadError when the content stays wrong; ApiCallError, ConnectionError, TimeoutError, AbortedError
 */
export async function transferFile(transfer: Transfer): Promise<void> {
  const { partial, file, url } = transfer;
  for (let damaged = 0; damaged < maxDamaged; damaged += 1) {
    await receiveAll(transfer);
    if (partial.isIntact()) return;
    await partial.restart(undefined);
    transfer.onBytes(0);
  }
  throw new ModelLoadError(
    `${file.path} from ${new URL(url).origin} does not have the content that the Hub states (hash ${file.etag}), also after downloading it again. A proxy or a mirror may change files; try again without it.`,
  );
}

async function receiveAll(transfer: Transfer): Promise<void> {
  const { partial, file, attempts } = transfer;
  let failures = 0;
  while (partial.received < file.size) {
    const before = partial.received;
    const answer = await openRest(transfer);
    try {
      await receiveBody(answer, transfer);
    } catch (error) {
      if (!VisionError.isInstance(error) || !error.isRetryable) throw error;
      failures = partial.received - before >= headwayBytes ? 1 : failures + 1;
      if (failures >= attempts) throw error;
      await wait(Math.random() * transfer.maxRetryDelayMs, transfer.signal);
    } finally {
      answer.close();
    }
  }
}

/** Asks for what is missing. The client has repeated what failed here already. */
async function openRest({ client, url, partial, signal, onBytes }: Transfer): Promise<HttpStream> {
  const { received, validator } = partial;
  const request = { url, maxBytes: Number.MAX_SAFE_INTEGER, signal };
  if (received === 0) return await client.open(request);
  const headers = { range: `bytes=${received}-`, ...(validator === undefined ? {} : { "if-range": validator }) };
  try {
    return await client.open({ ...request, headers });
  } catch (error) {
    if (!ApiCallError.isInstance(error) || error.status !== rangeNotSatisfiable) throw error;
    await partial.restart(undefined);
    onBytes(0);
    return await client.open(request);
  }
}

async function receiveBody(answer: HttpStream, { file, partial, onBytes }: Transfer): Promise<void> {
  if (answer.status === partialContent) {
    if (!continues(answer, file, partial)) {
      await partial.restart(undefined);
      throw new ConnectionError(`The server sends another part of ${file.path} than the one asked for. Try again.`);
    }
    checkLength(answer, file, file.size - partial.received);
  } else {
    checkLength(answer, file, file.size);
    await partial.restart(strongValidator(answer));
  }
  onBytes(partial.received);
  for await (const chunk of answer.chunks) {
    if (partial.received + chunk.length > file.size) throw wrongLength(file, "more bytes");
    await partial.append(chunk);
    onBytes(partial.received);
  }
  if (partial.received < file.size) throw wrongLength(file, `only ${partial.received} bytes`);
}

/** True when a 206 is the rest of what is here: from the right byte, of the same length and version. */
function continues({ headers }: HttpStream, file: ListedFile, partial: PartialFile): boolean {
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers["content-range"] ?? "") ?? [];
  const validator = strongValidator({ headers });
  const isVersion = validator === undefined || partial.validator === undefined || validator === partial.validator;
  return Number(first) === partial.received && (total === "*" || Number(total) === file.size) && isVersion;
}

/** A weak ETag says "much the same", which is not enough to join bytes (RFC 9110, 13.1.5). */
function strongValidator({ headers }: Pick<HttpStream, "headers">): string | undefined {
  const { etag } = headers;
  return etag !== undefined && etag.length <= 256 && /^"[\x21\x23-\x7e]*"$/.test(etag) ? etag : undefined;
}

function checkLength({ headers }: HttpStream, file: ListedFile, expected: number): void {
  const stated = headers["content-length"];
  if (stated !== undefined && Number(stated) !== expected) throw wrongLength(file, `${stated} bytes`);
}

function wrongLength({ path, size }: ListedFile, got: string): ConnectionError {
  return new ConnectionError(`The server sends ${got} of ${path}, which has ${size} by the Hub's list. Try again.`);
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {
    throw abortError(signal);
  });
}
