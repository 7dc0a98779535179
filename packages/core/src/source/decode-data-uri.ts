import { UnsupportedMediaError } from "../errors/unsupported-media-error.ts";
import { decodeBase64 } from "./decode-base64.ts";

/** A data URI, taken apart. */
export interface DecodedDataUri {
  readonly bytes: Uint8Array;
  /** Lower case, without parameters; `null` when the URI names none. */
  readonly mediaType: string | null;
}

/**
 * Decodes `data:[<type>][;…][;base64],<data>` (RFC 2397), base64 or percent-encoded.
 *
 * @throws UnsupportedMediaError when it has no comma, is not decodable, is empty, or has more than `maxBytes`
 */
export function decodeDataUri(uri: string, maxBytes: number): DecodedDataUri {
  const comma = uri.indexOf(",");
  if (comma < 0) throw new UnsupportedMediaError('The data URI has no ",": expected data:<type>;base64,<data>.');
  const [type = "", ...parameters] = uri.slice("data:".length, comma).split(";");
  const isBase64 = parameters.some((parameter) => parameter.trim().toLowerCase() === "base64");
  const body = uri.slice(comma + 1);
  const bytes = isBase64
    ? decodeBase64(unescapePercent(body), "The data URI", maxBytes)
    : decodePercent(body, maxBytes);
  if (bytes.length === 0) throw new UnsupportedMediaError("The data URI has no data.");
  return { bytes, mediaType: type.trim() === "" ? null : type.trim().toLowerCase() };
}

/** Base64 inside a URI may have its `+`, `/` and `=` percent-encoded. */
function unescapePercent(body: string): string {
  return body.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function decodePercent(body: string, maxBytes: number): Uint8Array {
  if (body.length > maxBytes * 3) {
    throw new UnsupportedMediaError(`The data URI is larger than the limit of ${maxBytes} bytes.`);
  }
  const raw = Buffer.from(body, "utf8");
  const bytes = new Uint8Array(raw.length);
  let length = 0;
  for (let index = 0; index < raw.length; index++) {
    const hex = raw[index] === 0x25 ? raw.toString("latin1", index + 1, index + 3) : "";
    const isEscape = /^[0-9A-Fa-f]{2}$/.test(hex);
    bytes[length++] = isEscape ? Number.parseInt(hex, 16) : raw[index]!;
    if (isEscape) index += 2;
  }
  if (length > maxBytes) {
    throw new UnsupportedMediaError(`The data URI is larger than the limit of ${maxBytes} bytes.`);
  }
  return bytes.slice(0, length);
}
