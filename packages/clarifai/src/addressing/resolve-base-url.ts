import { describeValue, InvalidArgumentError } from "@ocellus/core";

/** The public service. */
export const defaultApiBase = "https://api.clarifai.com";

/**
 * The origin of an API base. `https://host[:port]` is TLS and `http://host[:port]` plaintext, also on port 443. Without
 * scheme, hosts of clarifai.com and anything with port 443 are TLS; every other address needs its scheme.
 *
 * @throws InvalidArgumentError for another form, with the remedy
 */
export function resolveBaseUrl(base: string): string {
  const text = base.trim().replace(/\/+$/, "");
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : addScheme(text, base);
  if (!URL.canParse(withScheme)) throw invalid(base, "is no URL");
  const url = new URL(withScheme);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw invalid(base, `has the scheme "${url.protocol}"`);
  if (url.username !== "" || url.password !== "")
    throw invalid(base.replace(/\/\/[^/]*@/, "//***@"), "holds a user name");
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") throw invalid(base, "has more than host and port");
  return url.origin;
}

function addScheme(text: string, base: string): string {
  const host = text.replace(/:\d+$/, "");
  if (host === "clarifai.com" || host.endsWith(".clarifai.com") || text.endsWith(":443")) return `https://${text}`;
  throw invalid(base, "has no scheme");
}

function invalid(base: string, reason: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `options.baseUrl ${describeValue(base)} ${reason}; write https://host[:port] or http://host[:port].`,
  );
}
