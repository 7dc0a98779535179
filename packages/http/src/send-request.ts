import type { IncomingHttpHeaders } from "node:http";
import type { ConnectionPool } from "./connection-pool.ts";
import { openRequest } from "./open-request.ts";
import { describeUrl, parseWebUrl } from "./parse-web-url.ts";
import { readLimitedBody } from "./read-limited-body.ts";
import { withTimeLimit } from "./with-time-limit.ts";

/** One request to a service whose address the caller chose; limits have their defaults in parentheses. */
export interface HttpRequest {
  /** Absolute http(s) URL. Path and query are sent as they are, a double slash included. */
  readonly url: string;
  /** `GET` unless given. A GET may have a body. */
  readonly method?: string | undefined;
  /** `content-length`, `accept-encoding` and `host` are set by this function. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Text is sent as UTF-8. */
  readonly body?: string | Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Longest duration from the connection to the last byte of the answer, in milliseconds (300,000). */
  readonly timeoutMs?: number | undefined;
  /** Longest body of an answer in bytes (256 MiB). */
  readonly maxBytes?: number | undefined;
  /**
   * Kept-alive connections. A request that meets one which the server has just closed is sent once more on a new
   * connection, so give a pool only for requests that may be repeated. Without it the request has a connection of its
   * own, which is closed afterwards.
   */
  readonly pool?: ConnectionPool | undefined;
}

/** An answer of any status; redirects are not followed. */
export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Uint8Array;
}

/** Longest body of an answer in bytes unless a request says otherwise. */
export const defaultMaxBytes: number = 256 * 1024 * 1024;

/**
 * Sends one request and reads the whole answer. Every status is an answer; nothing is retried, but see
 * {@link HttpRequest.pool}.
 *
 * @throws InvalidArgumentError for a malformed URL or header
 * @throws ConnectionError when no complete answer arrives
 * @throws UnsupportedMediaError when the body is larger than `maxBytes` or compressed
 * @throws TimeoutError after `timeoutMs`; AbortedError when `signal` is aborted
 */
export async function sendRequest(request: HttpRequest): Promise<HttpAnswer> {
  const url = parseWebUrl(request.url);
  const { signal, timeoutMs = 300_000, method = "GET" } = request;
  const what = `${method} ${describeUrl(url)}`;
  return await withTimeLimit({ timeoutMs, signal, what }, (limit) => exchange(request, url, limit));
}

async function exchange(request: HttpRequest, url: URL, signal: AbortSignal): Promise<HttpAnswer> {
  const response = await openRequest(request, url, signal);
  const bytes = await readLimitedBody(response, url, request.maxBytes ?? defaultMaxBytes);
  return { status: response.statusCode ?? 0, headers: response.headers, bytes };
}
