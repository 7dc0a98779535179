import { fileURLToPath } from "node:url";
import { describeValue } from "../describe-value.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { decodeBase64 } from "./decode-base64.ts";
import { decodeDataUri } from "./decode-data-uri.ts";
import { mediaOfBytes, mediaOfPath } from "./media-type.ts";
import { parsePixels } from "./parse-pixels.ts";
import type { BytesSource, ParsedSource } from "./parsed-source.ts";
import type { SourceInput } from "./source-input.ts";

/** Limits of {@link parseSource}. */
export interface ParseSourceOptions {
  /** What messages call the value. Default `options.source`. */
  readonly path?: string;
  /** Most bytes that a data URI or base64 text may decode to. Default 256 MiB. */
  readonly maxBytes?: number;
}

const defaultMaxBytes = 256 * 1024 * 1024;
/** Longest text that is taken for a path or URL. */
const maxPathLength = 32_768;
/** Shortest text that is tried as base64 of a picture, and how such texts begin: JPEG, PNG, GIF, RIFF, BMP, TIFF. */
const minBase64Length = 64;
const base64Picture = /^(?:\/9j\/|iVBORw0KGgo|R0lGOD|UklGR|Qk|SUkqA|TU0AK)[A-Za-z0-9+/\s]*(?:={1,2}\s*)?$/;

/**
 * Says what a source is, without opening it: path, URL, encoded bytes or raw pixels, and whether it is to be read as
 * a picture or a video. Data URIs and base64 text are decoded.
 *
 * @throws InvalidArgumentError for a value that can be no source (wrong type, empty text, a scheme that is not read)
 * @throws UnsupportedMediaError for a data URI or base64 text that cannot be decoded or is too large
 */
export function parseSource(source: SourceInput, options: ParseSourceOptions = {}): ParsedSource {
  const path = options.path ?? "options.source";
  const maxBytes = options.maxBytes ?? defaultMaxBytes;
  const value: unknown = source;
  if (typeof value === "string") return parseText(value, path, maxBytes);
  if (value instanceof URL) return parseText(value.href, path, maxBytes);
  if (value instanceof Uint8Array) return parseBytes(value, path);
  if (value instanceof ArrayBuffer) return parseBytes(new Uint8Array(value), path);
  if (typeof value === "object" && value !== null && "data" in value) return parsePixels(value, path);
  throw new InvalidArgumentError(
    `${path} must be a path, URL, data URI, bytes or { data, width, height, channels }; got ${describeValue(value)}.`,
  );
}

function parseBytes(bytes: Uint8Array, path: string): BytesSource {
  if (bytes.length === 0) throw new InvalidArgumentError(`${path} is empty: 0 bytes.`);
  const media = mediaOfBytes(bytes);
  return { kind: "bytes", bytes, mediaType: null, media, label: `${bytes.length} bytes` };
}

function parseText(text: string, path: string, maxBytes: number): ParsedSource {
  if (text.trim() === "") throw new InvalidArgumentError(`${path} is an empty text; give a path or URL.`);
  if (/^data:/i.test(text)) return parseDataUri(text, maxBytes);
  if (text.length >= minBase64Length && base64Picture.test(text)) {
    const bytes = decodeBase64(text, "The text", maxBytes);
    return {
      kind: "bytes",
      bytes,
      mediaType: null,
      media: mediaOfBytes(bytes),
      label: `base64 text, ${bytes.length} bytes`,
    };
  }
  if (text.length > maxPathLength || text.includes("\0")) {
    throw new InvalidArgumentError(`${path} is no path or URL: ${describeValue(text)} (${text.length} characters).`);
  }
  // One letter before the colon is a drive, not a scheme.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === "http" || scheme === "https") return parseWebUrl(text, path);
  if (scheme === "file") return parseFileUrl(text, path);
  if (scheme !== undefined && text.startsWith("//", scheme.length + 1)) {
    throw new InvalidArgumentError(
      `${path} has the scheme "${scheme}:", which is not read; use http:, https:, file:, data: or a path.`,
    );
  }
  return { kind: "path", path: text, media: mediaOfPath(text), label: text };
}

function parseDataUri(uri: string, maxBytes: number): BytesSource {
  const { bytes, mediaType } = decodeDataUri(uri, maxBytes);
  const media = mediaType?.startsWith("video/") === true ? "video" : mediaOfBytes(bytes);
  return { kind: "bytes", bytes, mediaType, media, label: `data URI, ${bytes.length} bytes` };
}

function parseWebUrl(text: string, path: string): ParsedSource {
  if (!URL.canParse(text)) throw new InvalidArgumentError(`${path} is no valid URL: ${describeValue(text)}.`);
  const url = new URL(text);
  return { kind: "url", url: url.href, media: mediaOfPath(url.pathname), label: `${url.origin}${url.pathname}` };
}

function parseFileUrl(text: string, path: string): ParsedSource {
  try {
    const file = fileURLToPath(text);
    return { kind: "path", path: file, media: mediaOfPath(file), label: file };
  } catch (cause) {
    throw new InvalidArgumentError(`${path} is no valid file URL: ${describeValue(text)}.`, { cause });
  }
}
