import type { IncomingMessage } from "node:http";
import { ConnectionError } from "@ocellus/core";
import { describeUrl, parseWebUrl } from "./parse-web-url.ts";
import { requestPinned } from "./request-pinned.ts";
import { type ResolveHost, resolveAddresses } from "./resolve-addresses.ts";

/** How {@link openUrlSafely} goes about it. */
export interface OpenUrlOptions {
  /** Destroys the connection, also while the body is read. */
  readonly signal: AbortSignal;
  /** Most redirects that are followed. */
  readonly maxRedirects: number;
  readonly allowPrivateAddresses?: boolean | undefined;
  /** Not sent to another origin after a redirect. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly resolveHost?: ResolveHost | undefined;
}

/** An answer whose body has not been read yet. */
export interface OpenedUrl {
  /** After redirects. */
  readonly url: URL;
  /** Of any status; the caller reads or destroys it. */
  readonly response: IncomingMessage;
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Asks for a URL that somebody else may have chosen, and returns the first answer that is no redirect. The addresses of
 * every host on the way are checked, and only these are connected to.
 *
 * @throws ConnectionError when a host is unknown, not public or not reachable, or redirects lead nowhere
 */
export async function openUrlSafely(start: URL, options: OpenUrlOptions): Promise<OpenedUrl> {
  const { signal, maxRedirects, allowPrivateAddresses = false, resolveHost } = options;
  let url = start;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const addresses = await resolveAddresses(url, { allowPrivateAddresses, resolveHost });
    const headers = requestHeaders(url.origin === start.origin ? options.headers : undefined);
    const response = await requestPinned({ url, addresses, headers, signal });
    const { location } = response.headers;
    if (!redirectStatuses.has(response.statusCode ?? 0) || location === undefined) return { url, response };
    response.destroy();
    url = redirectTarget(location, url);
  }
  throw new ConnectionError(`${describeUrl(start)} redirects more than ${maxRedirects} times.`, { isRetryable: false });
}

/** A `Location` that cannot be followed is the server's mistake, not the caller's. */
function redirectTarget(location: string, from: URL): URL {
  try {
    return parseWebUrl(location, from);
  } catch (cause) {
    throw new ConnectionError(`${describeUrl(from)} redirects to a URL that cannot be fetched.`, {
      cause,
      isRetryable: false,
    });
  }
}

function requestHeaders(own: Readonly<Record<string, string>> = {}): Record<string, string> {
  const headers: Record<string, string> = { accept: "*/*", "user-agent": "ocellus" };
  for (const [name, value] of Object.entries(own)) headers[name.toLowerCase()] = value;
  headers["accept-encoding"] = "identity";
  return headers;
}
