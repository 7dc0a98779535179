import { InvalidArgumentError } from "@ocellus/core";

const maxUrlLength = 16_384;

/**
 * Parses an absolute `http:` or `https:` URL. The WHATWG parser turns every spelling of an IPv4 address (decimal, hex,
 * octal, with missing parts) into the dotted form, so later checks see only that one.
 *
 * @param base resolves a relative `url`, as for a `Location` header
 * @throws InvalidArgumentError that shows neither user name, password nor query
 */
export function parseWebUrl(url: string | URL, base?: URL): URL {
  const text = String(url);
  if (text.length > maxUrlLength) {
    throw new InvalidArgumentError(`The URL has ${text.length} characters; at most ${maxUrlLength} are allowed.`);
  }
  // Not passed on as a cause: the platform's error carries the whole input.
  if (!URL.canParse(text, base?.href)) {
    throw new InvalidArgumentError(`${JSON.stringify(withoutSecrets(text))} is not an absolute http(s) URL.`);
  }
  const parsed = new URL(text, base?.href);
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") {
    throw new InvalidArgumentError(`Only http: and https: URLs can be fetched, not ${parsed.protocol}.`);
  }
  return parsed;
}

/** How a URL may appear in messages and results of a log: no user name, password, query or fragment, 200 characters. */
export function describeUrl(url: URL): string {
  const text = `${url.origin}${url.pathname}`;
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function withoutSecrets(text: string): string {
  return text
    .replace(/[?#].*$/s, "")
    .replace(/^.*@/s, "***@")
    .slice(0, 200);
}
