import { UnsupportedMediaError } from "../errors/unsupported-media-error.ts";

/**
 * Decodes base64 or base64url text; white space and missing padding are allowed, anything else is not (Node's own
 * decoder skips what it does not know).
 *
 * @param label what messages call the text
 * @throws UnsupportedMediaError for other characters, an impossible length, or more than `maxBytes`
 */
export function decodeBase64(text: string, label: string, maxBytes: number): Uint8Array {
  if (text.length > maxBytes * 1.5 + 1024) throw tooLarge(label, maxBytes);
  const compact = text.replace(/\s+/g, "").replace(/={1,2}$/, "");
  const bad = /[^A-Za-z0-9+/_-]/.exec(compact);
  if (bad !== null) {
    throw new UnsupportedMediaError(`${label} is no base64: unexpected ${JSON.stringify(bad[0])} at ${bad.index}.`);
  }
  if (compact.length % 4 === 1) {
    throw new UnsupportedMediaError(`${label} is no base64: ${compact.length} characters cannot be whole bytes.`);
  }
  if (compact.length * 0.75 > maxBytes) throw tooLarge(label, maxBytes);
  return Buffer.from(compact, "base64");
}

function tooLarge(label: string, maxBytes: number): UnsupportedMediaError {
  return new UnsupportedMediaError(`${label} is larger than the limit of ${maxBytes} bytes.`);
}
