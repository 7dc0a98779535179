import { type IncomingMessage, type RequestOptions, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import { ConnectionError, InvalidArgumentError } from "@ocellus/core";
import { describeUrl } from "./parse-web-url.ts";
import type { ResolvedAddress } from "./resolve-addresses.ts";

/** One request over a connection of its own. */
export interface PinnedRequest {
  /** Where to; its user name and password are sent as Basic authorization. */
  readonly url: URL;
  /** Checked addresses of the URL's host: the only ones that are connected to. */
  readonly addresses: readonly ResolvedAddress[];
  readonly headers: Readonly<Record<string, string>>;
  /** Destroys the connection, also while the body is read. */
  readonly signal: AbortSignal;
}

/**
 * Sends a GET request and returns its answer as soon as the headers are there. Redirects are not followed. The caller
 * reads or destroys the answer; the connection is never shared or reused, so that it cannot lead anywhere but to the
 * given addresses.
 *
 * @throws InvalidArgumentError for a header or user name that HTTP does not allow
 * @throws ConnectionError when no answer arrives
 */
export function requestPinned({ url, addresses, headers, signal }: PinnedRequest): Promise<IncomingMessage> {
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  const options: RequestOptions = { agent: false, headers, lookup: pinnedLookup(addresses), signal };
  return new Promise((resolve, reject) => {
    const failed = (cause: Error): void => reject(connectionFailed(url, cause));
    try {
      const pending = request(url, options);
      // Stays attached: a connection may also fail after its answer was taken, which the reader of the body notices.
      pending.on("error", failed);
      pending.once("response", resolve);
      pending.once("close", () => failed(new Error("the connection was closed without an answer")));
      pending.end();
    } catch (cause) {
      reject(new InvalidArgumentError(`The request is not valid: ${(cause as Error).message}.`, { cause }));
    }
  });
}

/** The error of a connection to `url` that failed or broke. */
export function connectionFailed(url: URL, cause: Error): ConnectionError {
  const reason = (cause as NodeJS.ErrnoException).code ?? cause.message;
  return new ConnectionError(`The connection to ${describeUrl(url)} failed (${reason}).`, { cause });
}

/** A `lookup` that answers with the checked addresses instead of asking DNS. Not called for a host that is an address. */
function pinnedLookup(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_hostname, options, callback) => {
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, addresses[0]!.address, addresses[0]!.family);
  };
}
