import { redactSecrets } from "../errors/redact-secrets.ts";
import type { SourceInput } from "../source/source-input.ts";

/** Longest path or URL that is written as it is; what is longer is base64 text of a picture. */
const maxNameLength = 4096;

/**
 * A short text that names a source in an exported file: paths and URLs as they are (without credentials), the head of a
 * data URI or of base64 text, and the size of bytes and pixels.
 */
export function nameSource(source: SourceInput): string {
  if (typeof source === "string") return nameText(source);
  if (source instanceof URL) return nameText(source.href);
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) return `(${source.byteLength} bytes)`;
  return `(${source.width}x${source.height} pixels)`;
}

function nameText(text: string): string {
  if (/^data:/i.test(text)) {
    const comma = text.indexOf(",");
    return `${text.slice(0, Math.min(comma < 0 ? 40 : comma + 1, 100))}… (${text.length} characters)`;
  }
  if (text.length > maxNameLength) return `${text.slice(0, 40)}… (${text.length} characters)`;
  return /^https?:/i.test(text) ? redactSecrets(text) : text;
}
