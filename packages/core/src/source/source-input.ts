/** Raw pixels as a caller hands them over: row-major, interleaved, 8 bits per sample. */
export interface PixelsInput {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 RGB, 4 RGBA. */
  readonly channels: number;
}

/**
 * One picture, video or folder: a path (a leading `~` is the home folder), a `file:`/`http:`/`https:` URL, a data URI,
 * base64 text of a picture, encoded bytes, or raw pixels.
 */
export type SourceInput = string | URL | Uint8Array | ArrayBuffer | PixelsInput;
