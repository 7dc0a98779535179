import type { PixelsInput } from "@ocellus/core";

/** A picture, sound or film as a model returns it. Either field may be empty; both may be filled. */
export interface MediaValue {
  /** Address that the bytes came from; `""` without one. */
  readonly url: string;
  /** Encoded bytes (PNG, WAV, MP4, …); empty without any. */
  readonly bytes: Uint8Array;
}

/**
 * A picture, sound or film as an argument: encoded bytes, `{ url }` or `{ bytes }` or both, a `Blob`, a path, a `file:`
 * URL, a data URI, or an `http(s):` URL, which the model server downloads. Pictures may also be raw pixels; they are sent as PNG.
 */
export type MediaInput =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | Blob
  | { readonly url?: string | undefined; readonly bytes?: Uint8Array | undefined }
  | PixelsInput;

/** A text with an optional address, as the type TEXT is returned. */
export interface TextValue {
  readonly text: string;
  /** Address that the text came from; `null` without one. */
  readonly url: string | null;
}

/** An argument of the type TEXT. A plain string is sent as the text itself. */
export type TextInput = string | { readonly text?: string | undefined; readonly url?: string | null | undefined };
