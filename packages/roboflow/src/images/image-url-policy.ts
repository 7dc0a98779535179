import { isIP } from "node:net";
import { environment } from "../configuration/environment.ts";
import { InvalidUrlImageInputError } from "../errors/invalid-url-image-input-error.ts";

/** Which picture URLs this client fetches. */
export interface ImageUrlPolicy {
  readonly isAllowed: boolean;
  readonly allowsPlainHttp: boolean;
  /** Hosts that are addresses or have no dot. */
  readonly allowsHostsWithoutDomain: boolean;
  /** Host names without port; null allows every host. */
  readonly allowedHosts: readonly string[] | null;
  readonly blockedHosts: readonly string[] | null;
}

/** The policy that the environment variables of the Python client describe. */
export function imageUrlPolicy(): ImageUrlPolicy {
  return {
    isAllowed: environment.allowUrlInput(),
    allowsPlainHttp: environment.allowNonHttpsUrlInput(),
    allowsHostsWithoutDomain: environment.allowUrlInputWithoutDomain(),
    allowedHosts: environment.allowedUrlHosts(),
    blockedHosts: environment.blockedUrlHosts(),
  };
}

/** True when a redirect could lead to a host or scheme that the policy forbids; then none may be followed. */
export const restrictsTargets = (policy: ImageUrlPolicy): boolean =>
  policy.allowedHosts !== null ||
  policy.blockedHosts !== null ||
  !policy.allowsPlainHttp ||
  !policy.allowsHostsWithoutDomain;

/**
 * Checks a picture URL against the policy.
 *
 * @returns the URL in its normal form
 * @throws InvalidUrlImageInputError
 */
export function checkImageUrl(text: string, policy: ImageUrlPolicy): string {
  if (!policy.isAllowed) throw new InvalidUrlImageInputError("Pictures by URL are switched off (ALLOW_URL_INPUT).");
  const authority = /^[a-z]+:\/\/([^/?#]*)/i.exec(text)?.[1] ?? "";
  if (authority === "" || authority.includes("\\") || /\s/.test(authority) || !URL.canParse(text)) {
    throw new InvalidUrlImageInputError("The URL of the picture is not valid.");
  }
  const url = new URL(text);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (url.protocol !== "https:" && !(url.protocol === "http:" && policy.allowsPlainHttp)) {
    throw new InvalidUrlImageInputError(
      `Pictures by ${url.protocol} URL are switched off (ALLOW_NON_HTTPS_URL_INPUT).`,
    );
  }
  if (!policy.allowsHostsWithoutDomain && (isIP(host) !== 0 || !/\.[^.]*\p{L}[^.]*\.?$/u.test(host))) {
    throw new InvalidUrlImageInputError(
      `Pictures from ${host}, which is no domain name, are switched off (ALLOW_URL_INPUT_WITHOUT_FQDN).`,
    );
  }
  if (policy.allowedHosts !== null && !policy.allowedHosts.includes(host)) {
    throw new InvalidUrlImageInputError(`The host ${host} is not on the list of allowed hosts.`);
  }
  if (policy.blockedHosts?.includes(host) === true) {
    throw new InvalidUrlImageInputError(`The host ${host} is on the list of blocked hosts.`);
  }
  return url.href;
}
