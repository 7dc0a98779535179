import { STATUS_CODES } from "node:http";
import { ApiCallError, checkKnownKeys, checkNumber } from "@ocellus/core";
import { type OpenedUrl, openUrlSafely } from "./open-url-safely.ts";
import { describeUrl, parseWebUrl } from "./parse-web-url.ts";
import { readLimitedBody } from "./read-limited-body.ts";
import type { ResolveHost } from "./resolve-addresses.ts";
import { withTimeLimit } from "./with-time-limit.ts";

/** Limits of {@link fetchUrlSafely}; defaults in parentheses. */
export interface FetchUrlSafelyOptions {
  /** Stops everything at once. */
  readonly signal?: AbortSignal | undefined;
  /** Longest body in bytes (100 MiB). */
  readonly maxBytes?: number | undefined;
  /** Longest duration of the whole call in milliseconds: name lookup, redirects and body (60,000). */
  readonly timeoutMs?: number | undefined;
  /** Also fetch from loopback, private and other non-public addresses (false). */
  readonly allowPrivateAddresses?: boolean | undefined;
  /** Most redirects that are followed (5). */
  readonly maxRedirects?: number | undefined;
  /** Further request headers. They are not sent to another origin after a redirect. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Replaces the system's name lookup; its addresses are checked in the same way. */
  readonly resolveHost?: ResolveHost | undefined;
}

/** What was fetched. */
export interface FetchedUrl {
  /** The body, in an `ArrayBuffer` of its own. */
  readonly bytes: Uint8Array;
  /** Media type that the server claims, in lower case without parameters ("image/jpeg"); undefined when it names none. */
  readonly mediaType: string | undefined;
  /** Address of the body after redirects, without user name and password. */
  readonly url: string;
}

const knownOptions: readonly (keyof FetchUrlSafelyOptions)[] = [
  "signal",
  "maxBytes",
  "timeoutMs",
  "allowPrivateAddresses",
  "maxRedirects",
  "headers",
  "resolveHost",
];
/** Beyond this a timer fires at once. */
const maxTimeoutMs = 2 ** 31 - 1;

/**
 * Downloads a URL that somebody else may have chosen, into memory.
 *
 * Only `http:` and `https:`. The host name is resolved once, all its addresses must be public, and the connection goes to
 * exactly these; every redirect is checked in the same way. Size and time are limited; no compression is accepted.
 *
 * @throws InvalidArgumentError for a malformed URL, another scheme, or a bad option
 * @throws ConnectionError when the host is unknown, not public, not reachable, breaks off, or redirects too often
 * @throws ApiCallError when the final status is not 2xx
 * @throws UnsupportedMediaError when the body is larger than `maxBytes` or compressed
 * @throws TimeoutError after `timeoutMs`
 * @throws AbortedError when `signal` is aborted
 *
 * @example
 * const { bytes, mediaType } = await fetchUrlSafely("https://example.com/desk.jpg", { maxBytes: 20_000_000 });
 */
export async function fetchUrlSafely(url: string | URL, options: FetchUrlSafelyOptions = {}): Promise<FetchedUrl> {
  const { signal, maxBytes = 100 * 1024 * 1024, timeoutMs = 60_000, maxRedirects = 5 } = options;
  checkKnownKeys(options, knownOptions, "options");
  checkNumber(maxBytes, "options.maxBytes", { min: 0, max: Number.MAX_SAFE_INTEGER, integer: true });
  checkNumber(timeoutMs, "options.timeoutMs", { min: 1, max: maxTimeoutMs, integer: true });
  checkNumber(maxRedirects, "options.maxRedirects", { min: 0, max: 100, integer: true });
  const start = parseWebUrl(url);
  return await withTimeLimit({ timeoutMs, signal, what: `Fetching ${describeUrl(start)}` }, async (limit) => {
    const answer = await openUrlSafely(start, { ...options, maxRedirects, signal: limit });
    checkStatus(answer);
    const bytes = await readLimitedBody(answer.response, answer.url, maxBytes);
    const type = answer.response.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
    return { bytes, mediaType: type === "" ? undefined : type, url: withoutCredentials(answer.url) };
  });
}

function checkStatus({ url, response }: OpenedUrl): void {
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return;
  response.destroy();
  const message = `${describeUrl(url)} answered with status ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
  throw new ApiCallError(`${message}.`, { status, url: withoutCredentials(url) });
}

function withoutCredentials(url: URL): string {
  const clean = new URL(url.href);
  clean.username = "";
  clean.password = "";
  return clean.href;
}
