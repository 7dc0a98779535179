/** System errors of a connection that never came to be: nothing of the request was sent. */
const unsentCodes: ReadonlySet<unknown> = new Set([
  ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL"],
  ...["CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN", "ERR_TLS_CERT_ALTNAME_INVALID"],
  ...["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"],
]);

/**
 * True when a failed request certainly never reached its server (refused, unknown host, unreachable, certificate not
 * accepted), so that repeating it, even elsewhere, cannot cost twice. Looks through the causes of the error.
 */
export function isConnectionRefusal(error: unknown): boolean {
  let current = error;
  for (let depth = 0; depth < 8 && typeof current === "object" && current !== null; depth += 1) {
    const { code, cause, errors } = current as { code?: unknown; cause?: unknown; errors?: unknown };
    if (unsentCodes.has(code)) return true;
    // Several addresses were tried: an AggregateError, refused by all of them.
    if (Array.isArray(errors) && errors.length > 0 && errors.every(isConnectionRefusal)) return true;
    current = cause;
  }
  return false;
}
