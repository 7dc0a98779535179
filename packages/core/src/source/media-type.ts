import type { MediaKind } from "./parsed-source.ts";

/** File name extensions that are read as videos, lower case with the dot. */
export const videoExtensions: ReadonlySet<string> = new Set([
  ".mp4",
  ".m4v",
  ".mov",
  ".qt",
  ".avi",
  ".mkv",
  ".webm",
  ".flv",
  ".f4v",
  ".wmv",
  ".asf",
  ".mpg",
  ".mpeg",
  ".mpe",
  ".m2v",
  ".ts",
  ".mts",
  ".m2ts",
  ".3gp",
  ".3g2",
  ".ogv",
  ".vob",
  ".mxf",
  ".divx",
]);

/** File name extensions that a folder is searched for, lower case with the dot. */
export const imageExtensions: ReadonlySet<string> = new Set([
  ".jpg",
  ".jpeg",
  ".png",
  ".bmp",
  ".gif",
  ".tiff",
  ".tif",
  ".webp",
]);

/** The extension of a path or of the path part of a URL, lower case with the dot; `""` without one. */
export function fileExtension(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot).toLowerCase() : "";
}

/** Picture or video, by extension; without a known one it is a picture, and the content decides when it is opened. */
export function mediaOfPath(path: string): MediaKind {
  return videoExtensions.has(fileExtension(path)) ? "video" : "image";
}

const startsWith = (bytes: Uint8Array, offset: number, ...expected: number[]): boolean =>
  expected.every((byte, index) => bytes[offset + index] === byte);
const asciiAt = (bytes: Uint8Array, offset: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(offset, offset + length));
const stillBrands: ReadonlySet<string> = new Set(["avif", "avis", "heic", "heix", "hevc", "heim", "mif1", "msf1"]);

/** Picture or video, by the leading bytes of a container: MP4 family, Matroska, AVI, Ogg, FLV, MPEG, ASF. */
export function mediaOfBytes(bytes: Uint8Array): MediaKind {
  if (asciiAt(bytes, 4, 4) === "ftyp") return stillBrands.has(asciiAt(bytes, 8, 4)) ? "image" : "video";
  const isVideo =
    startsWith(bytes, 0, 0x1a, 0x45, 0xdf, 0xa3) ||
    (asciiAt(bytes, 0, 4) === "RIFF" && asciiAt(bytes, 8, 4) === "AVI ") ||
    asciiAt(bytes, 0, 4) === "OggS" ||
    asciiAt(bytes, 0, 3) === "FLV" ||
    startsWith(bytes, 0, 0x00, 0x00, 0x01, 0xba) ||
    startsWith(bytes, 0, 0x00, 0x00, 0x01, 0xb3) ||
    startsWith(bytes, 0, 0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11);
  return isVideo ? "video" : "image";
}
