import { type ClientRequest, type IncomingMessage, type RequestOptions, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { InvalidArgumentError } from "@ocellus/core";
import { connectionFailed } from "./request-pinned.ts";
import type { HttpRequest } from "./send-request.ts";

/**
 * Sends a request and returns its answer as soon as the headers are there. A kept-alive connection that turns out to be
 * closed before any byte of an answer is replaced by a new one, once. The caller reads or destroys the answer.
 *
 * @throws InvalidArgumentError for a header or method that HTTP does not allow
 * @throws ConnectionError when no answer arrives
 */
export async function openRequest(request: HttpRequest, url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const options = requestOptions(request, url, signal);
  try {
    return await firstAnswer(options, request, url);
  } catch (error) {
    if (!(error instanceof StaleConnection) || signal.aborted) throw error;
    return await firstAnswer({ ...options, agent: false }, request, url);
  }
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

/** A closed connection shows within a round trip. What breaks later broke while the server was at work. */
const staleWithinMs = 1_000;

/** A kept-alive connection turned out to be closed before any byte of an answer. */
class StaleConnection extends Error {}

function firstAnswer(options: RequestOptions, { body }: HttpRequest, url: URL): Promise<IncomingMessage> {
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    let pending: ClientRequest;
    const begin = performance.now();
    const failed = (cause: Error): void => {
      const isRecent = performance.now() - begin < staleWithinMs;
      const isStale = isRecent && pending?.reusedSocket === true && options.agent !== false;
      reject(isStale ? new StaleConnection(cause.message, { cause }) : connectionFailed(url, cause));
    };
    try {
      pending = send(url, options);
      pending.on("error", failed);
      let isAnswered = false;
      pending.once("response", (response) => {
        isAnswered = true;
        resolve(response);
      });
      pending.once("close", () => {
        if (!isAnswered) failed(new Error("the connection was closed without an answer"));
      });
      pending.end(body);
    } catch (cause) {
      reject(new InvalidArgumentError(`The request is not valid: ${(cause as Error).message}.`, { cause }));
    }
  });
}
