/** Shorter secrets are no keys; replacing their letters everywhere would only garble a text. */
const shortestSecret = 6;

/**
 * Replaces every occurrence of a secret of six characters at least in a text, also in its URL-encoded forms. Secrets of
 * eight characters and more keep their first and last two, so that their owner can tell which one it was.
 */
export function redactSecret(text: string, secret: string | null): string {
  if (secret === null || secret.length < shortestSecret) return text;
  const shown = secret.length < 8 ? "***" : `${secret.slice(0, 2)}***${secret.slice(-2)}`;
  const form = new URLSearchParams({ a: secret }).toString().slice(2);
  let redacted = text;
  for (const spelling of new Set([secret, encodeURIComponent(secret), encodeURI(secret), form])) {
    redacted = redacted.replaceAll(spelling, shown);
  }
  return redacted;
}

/** {@link redactSecret} in every text of a JSON value, keys of objects included. */
export function redactSecretIn(value: unknown, secret: string | null): unknown {
  if (typeof value === "string") return redactSecret(value, secret);
  if (Array.isArray(value)) return value.map((entry) => redactSecretIn(entry, secret));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [redactSecret(key, secret), redactSecretIn(entry, secret)]),
  );
}
