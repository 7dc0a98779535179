import type { SourceInput } from "@ocellus/core";

/** A picture in the form of the API, sent as it is: base64 text, or a URL for the server to fetch. */
export interface WireImage {
  readonly type: "base64" | "url";
  readonly value: string;
}

/**
 * One picture: a path (`~` too), a `file:` or `http(s):` URL, base64 text, a data URI, encoded bytes, raw pixels
 * `{ data, width, height, channels }`, or the API's own form `{ type, value }`.
 */
export type ImageInput = SourceInput | WireImage;

/** Several pictures: lists, nested as deep as wanted, or anything that yields them. */
export type ImageList = readonly (ImageInput | ImageList)[] | AsyncIterable<ImageInput>;

/** What the methods take: one picture or several. */
export type ImagesInput = ImageInput | ImageList;

/** True for the API's own form of a picture. */
export function isWireImage(input: unknown): input is WireImage {
  if (typeof input !== "object" || input === null) return false;
  const { type, value } = input as Partial<WireImage>;
  return (type === "base64" || type === "url") && typeof value === "string";
}

/** True for something that yields pictures over time. */
export function isAsyncIterable(input: unknown): input is AsyncIterable<ImageInput> {
  return typeof input === "object" && input !== null && Symbol.asyncIterator in input;
}

/** The pictures one after another, lists flattened; nothing is opened. */
export async function* iterateImages(input: ImagesInput): AsyncGenerator<ImageInput, void, undefined> {
  if (isAsyncIterable(input)) yield* input;
  else if (Array.isArray(input)) yield* flatten(input as readonly unknown[]);
  else yield input as ImageInput;
}

function* flatten(list: readonly unknown[]): Generator<ImageInput, void, undefined> {
  for (const entry of list) {
    if (Array.isArray(entry)) yield* flatten(entry);
    else yield entry as ImageInput;
  }
}
