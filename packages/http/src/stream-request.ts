import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { abortError, linkAbort, TimeoutError } from "@ocellus/core";
import { openRequest } from "./open-request.ts";
import { describeUrl, parseWebUrl } from "./parse-web-url.ts";
import { checkEncoding, tooLarge } from "./read-limited-body.ts";
import { connectionFailed } from "./request-pinned.ts";
import { defaultMaxBytes, type HttpRequest } from "./send-request.ts";
import { withTimeLimit } from "./with-time-limit.ts";

/** A request whose answer is read as it comes; limits have their defaults in parentheses. */
export interface StreamRequest extends Omit<HttpRequest, "timeoutMs"> {
  /** Longest wait for the headers of the answer in milliseconds (300,000). */
  readonly timeoutMs?: number | undefined;
  /** Longest wait for the next piece of the body in milliseconds (120,000). */
  readonly idleTimeoutMs?: number | undefined;
  /** Longest duration of the whole body in milliseconds (3,600,000). */
  readonly bodyTimeoutMs?: number | undefined;
}

/** An answer whose body is read as it comes. Read it to its end or close it. */
export interface HttpStream {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: IncomingHttpHeaders;
  /**
   * The body in the pieces that arrive; can be read once. Leaving the loop closes the connection.
   *
   * @throws ConnectionError, TimeoutError, AbortedError, UnsupportedMediaError (larger than `maxBytes`)
   */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Drops what was not read and closes the connection. */
  close(): void;
}

/**
 * Sends one request and returns its answer, of any status, as soon as the headers are there. Nothing is retried,
 * redirects are not followed. The caller's signal destroys the socket at any time.
 *
 * @param opening a further signal that only counts until the headers are there
 * @throws InvalidArgumentError for a malformed URL or header
 * @throws ConnectionError, TimeoutError, AbortedError; UnsupportedMediaError for a compressed answer
 */
export async function streamRequest(request: StreamRequest, opening?: AbortSignal): Promise<HttpStream> {
  const { signal, timeoutMs = 300_000, method = "GET" } = request;
  const url = parseWebUrl(request.url);
  const life = new AbortController();
  const unlink = linkAbort(life, [signal]);
  const what = `${method} ${describeUrl(url)}`;
  let response: IncomingMessage | undefined;
  try {
    response = await withTimeLimit({ timeoutMs, signal: opening ?? signal, what }, async (limit) => {
      const release = linkAbort(life, [limit]);
      return await openRequest(request, url, life.signal).finally(release);
    });
    checkEncoding(response, url);
  } catch (error) {
    life.abort();
    response?.destroy();
    unlink();
    throw error;
  }
  return streamOf(response, { request, url, life, unlink, what });
}

interface StreamContext {
  readonly request: StreamRequest;
  readonly url: URL;
  readonly life: AbortController;
  readonly unlink: () => void;
  readonly what: string;
}

function streamOf(response: IncomingMessage, context: StreamContext): HttpStream {
  const { life, unlink } = context;
  life.signal.addEventListener("abort", () => response.destroy(), { once: true });
  if (life.signal.aborted) response.destroy();
  // A failure is reported to whoever reads; an answer that nobody reads must not end the process.
  response.on("error", () => undefined);
  const close = (): void => {
    unlink();
    response.destroy();
  };
  return { status: response.statusCode ?? 0, headers: response.headers, chunks: readChunks(response, context), close };
}

async function* readChunks(
  response: IncomingMessage,
  { request, url, life, unlink, what }: StreamContext,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { maxBytes = defaultMaxBytes, idleTimeoutMs = 120_000, bodyTimeoutMs = 3_600_000 } = request;
  const expire = (message: string, timeoutMs: number) => (): void =>
    life.abort(new TimeoutError(`${what} ${message} ${timeoutMs} ms.`, { timeoutMs }));
  const idle = setTimeout(expire("sent nothing for", idleTimeoutMs), idleTimeoutMs);
  const total = setTimeout(expire("did not end within", bodyTimeoutMs), bodyTimeoutMs);
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > maxBytes) throw tooLarge(url, maxBytes);
      yield chunk;
      idle.refresh();
    }
  } catch (error) {
    throw failureOf(error as Error, url, life.signal);
  } finally {
    clearTimeout(idle);
    clearTimeout(total);
    unlink();
    response.destroy();
  }
}

function failureOf(error: Error, url: URL, signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  if (signal.aborted) return TimeoutError.isInstance(reason) ? reason : abortError(signal);
  return "isRetryable" in error ? error : connectionFailed(url, error);
}
