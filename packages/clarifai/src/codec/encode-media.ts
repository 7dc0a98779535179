import { describeValue, InvalidArgumentError, type PixelsInput, parseSource } from "@ocellus/core";
import { fetchUrlSafely } from "@ocellus/http";
import { encodeImage, openSource, pictureFromPixels } from "@ocellus/media";
import type { EncodeContext } from "./encode-context.ts";

/** The two fields that Image, Audio and Video messages share. */
export interface MediaMessage {
  url: string;
  base64: Uint8Array;
}

/**
 * Fills a media message from an argument. What has to be read first (paths, blobs, pixels) is added to
 * `context.pending` and fills the message when it is there.
 *
 * @throws InvalidArgumentError for a value that can be no media
 */
export function encodeMedia(value: unknown, message: MediaMessage, path: string, context: EncodeContext): void {
  if (value instanceof Uint8Array) message.base64 = value;
  else if (value instanceof ArrayBuffer) message.base64 = new Uint8Array(value);
  else if (value instanceof URL) encodeText(value.href, message, path, context);
  else if (typeof value === "string") encodeText(value, message, path, context);
  else if (value instanceof Blob) context.pending.push(readBlob(value, message, path, context));
  else encodeObject(value, message, path, context);
}

function encodeText(text: string, message: MediaMessage, path: string, context: EncodeContext): void {
  const source = parseSource(text, { path, maxBytes: context.maxMediaBytes });
  if (source.kind === "url") setUrl(source.url, message, context);
  else if (source.kind === "bytes") message.base64 = source.bytes;
  else context.pending.push(readFile(text, message, path, context));
}

function setUrl(url: string, message: MediaMessage, context: EncodeContext): void {
  message.url = url;
  if (context.downloadUrls) context.pending.push(download(url, message, context));
}

function encodeObject(value: unknown, message: MediaMessage, path: string, context: EncodeContext): void {
  if (typeof value === "object" && value !== null && "data" in value && "width" in value) {
    context.pending.push(encodePixels(value as PixelsInput, message, path));
    return;
  }
  const { url, bytes } = checkMediaObject(value, path);
  message.base64 = bytes ?? message.base64;
  // With bytes beside it the address is a mere remark, and an empty one is none.
  if (url !== "" && message.base64.length === 0) setUrl(url, message, context);
  else message.url = url;
}

function checkMediaObject(value: unknown, path: string): { url: string; bytes: Uint8Array | undefined } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw notMedia(value, path);
  const { url, bytes, ...others } = value as { url?: unknown; bytes?: unknown };
  if (Object.keys(others).length > 0 || (url === undefined && bytes === undefined)) throw notMedia(value, path);
  if (bytes !== undefined && !(bytes instanceof Uint8Array)) throw notMedia(bytes, `${path}.bytes`);
  if (url !== undefined && typeof url !== "string") throw notMedia(url, `${path}.url`);
  return { url: url ?? "", bytes };
}

async function readFile(text: string, message: MediaMessage, path: string, context: EncodeContext): Promise<void> {
  const { signal, maxMediaBytes: maxBytes } = context;
  const opened = await openSource(parseSource(text, { path, maxBytes }), { signal, maxBytes });
  if (opened.kind === "bytes") message.base64 = opened.bytes;
}

async function readBlob(blob: Blob, message: MediaMessage, path: string, context: EncodeContext): Promise<void> {
  if (blob.size > context.maxMediaBytes) {
    throw new InvalidArgumentError(`${path} has ${blob.size} bytes, more than the limit of ${context.maxMediaBytes}.`);
  }
  message.base64 = new Uint8Array(await blob.arrayBuffer());
}

async function encodePixels(pixels: PixelsInput, message: MediaMessage, path: string): Promise<void> {
  message.base64 = await encodeImage(pictureFromPixels(pixels, { name: path }), { format: "png" });
}

async function download(url: string, message: MediaMessage, context: EncodeContext): Promise<void> {
  const { signal, maxMediaBytes: maxBytes, allowPrivateAddresses } = context;
  message.base64 = (await fetchUrlSafely(url, { signal, maxBytes, allowPrivateAddresses })).bytes;
  message.url = "";
}

function notMedia(value: unknown, path: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `${path} must be bytes, { url }, { bytes }, a URL, data URI, path or Blob; got ${describeValue(value)}.`,
  );
}
