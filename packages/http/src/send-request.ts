import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
} from "node:http";
import { request as requestHttps } from "node:https";
import { InvalidArgumentError } from "@ocellus/core";
import type { ConnectionPool } from "./connection-pool.ts";
import { describeUrl, parseWebUrl } from "./parse-web-url.ts";
import { readLimitedBody } from "./read-limited-body.ts";
import { connectionFailed } from "./request-pinned.ts";
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
  const options = requestOptions(request, url, signal);
  let response: IncomingMessage;
  try {
    response = await firstAnswer(options, request, url);
  } catch (error) {
    if (!(error instanceof StaleConnection) || signal.aborted) throw error;
    response = await firstAnswer({ ...options, agent: false }, request, url);
  }
  const bytes = await readLimitedBody(response, url, request.maxBytes ?? 256 * 1024 * 1024);
  return { status: response.statusCode ?? 0, headers: response.headers, bytes };
}

function requestOptions(request: HttpRequest, url: URL, signal: AbortSignal): RequestOptions {
  const { method = "GET", headers = {}, body, pool } = request;
  const agent = pool === undefined ? false : url.protocol === "https:" ? pool.https : pool.http;
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  // The text after the host, not the parser's normal form of it: services are called exactly as documented.
  const path = request.url.replace(/^[a-z]+:\/\/[^/?#]*/i, "").replace(/#.*$/s, "");
  return {
    method,
    path: path.startsWith("/") ? path : `/${path}`,
    agent,
    signal,
    headers: { accept: "*/*", "user-agent": "ocellus", ...headers, ...length, "accept-encoding": "identity" },
  };
}

/** A kept-alive connection turned out to be closed before any byte of an answer. */
class StaleConnection extends Error {}

function firstAnswer(options: RequestOptions, { body }: HttpRequest, url: URL): Promise<IncomingMessage> {
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    let pending: ClientRequest;
    const failed = (cause: Error): void => {
      const isStale = pending?.reusedSocket === true && options.agent !== false;
      reject(isStale ? new StaleConnection(cause.message, { cause }) : connectionFailed(url, cause));
    };
    try {
      pending = send(url, options);
      pending.on("error", failed);
      pending.once("response", resolve);
      pending.once("close", () => failed(new Error("the connection was closed without an answer")));
      pending.end(body);
    } catch (cause) {
      reject(new InvalidArgumentError(`The request is not valid: ${(cause as Error).message}.`, { cause }));
    }
  });
}
