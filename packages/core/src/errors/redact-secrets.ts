const patterns: readonly (readonly [RegExp, string])[] = [
  // user:password@ in URLs; the length of the scheme is bounded, or long words would cost quadratic time
  [/([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@:]+:[^\s/@]+@/gi, "$1***@"],
  // key=…, token=…, secret=… in query strings and plain text
  [
    /((?:api[_-]?key|access[_-]?token|auth[_-]?token|token|secret|password|signature)["']?\s*[=:]\s*["']?)[^\s"'&,;}]+/gi,
    "$1***",
  ],
  // Authorization schemes
  [/\b(Bearer|Key|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/g, "$1 ***"],
  // well-known prefixes of secret keys: Hugging Face, NVIDIA, OpenAI, Datature, GitHub
  [/\b(hf_|nvapi-|sk-|dtvi_|ghp_|github_pat_)[A-Za-z0-9_-]{6,}/g, "$1***"],
];

/**
 * Replaces what looks like a credential by `***`: passwords in URLs, key-like query parameters, authorization
 * headers, and keys with a well-known prefix. Applied to every error message.
 */
export function redactSecrets(text: string): string {
  let redacted = text;
  for (const [pattern, replacement] of patterns) redacted = redacted.replace(pattern, replacement);
  return redacted;
}
