/** Whether a source is to be read as a still picture or as a video. */
export type MediaKind = "image" | "video";

interface ParsedSourceBase {
  /** Judged by extension, media type or leading bytes. */
  readonly media: MediaKind;
  /** Short name for messages and progress: the path, the URL without query, or a description of the bytes. */
  readonly label: string;
}

/** A file or folder by path; a leading `~` is still unexpanded, `file:` URLs are already paths. */
export interface PathSource extends ParsedSourceBase {
  readonly kind: "path";
  readonly path: string;
}

/** An absolute `http:` or `https:` URL. */
export interface UrlSource extends ParsedSourceBase {
  readonly kind: "url";
  readonly url: string;
}

/** Encoded bytes in memory (a `Buffer`, a data URI, or base64 text, already decoded). */
export interface BytesSource extends ParsedSourceBase {
  readonly kind: "bytes";
  readonly bytes: Uint8Array;
  /** What a data URI claims, lower case; `null` when unknown. The bytes decide, not this. */
  readonly mediaType: string | null;
}

/** Raw pixels, row-major, interleaved, 8 bits per sample. */
export interface PixelsSource extends ParsedSourceBase {
  readonly kind: "pixels";
  readonly media: "image";
  /** `width · height · channels` samples. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 RGB, 4 RGBA. */
  readonly channels: 1 | 3 | 4;
}

/** A `source` after classification; nothing has been opened yet. */
export type ParsedSource = PathSource | UrlSource | BytesSource | PixelsSource;
