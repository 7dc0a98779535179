/** The still-picture formats that {@link decodeImage} reads. */
export type ImageFormat = "jpeg" | "png" | "gif" | "webp" | "bmp" | "tiff";

const startsWith = (bytes: Uint8Array, text: string, at = 0): boolean => {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
};

/** Tells the format by the leading bytes, never by a name or a claimed type; `null` when it is none that we read. */
export function detectImageFormat(bytes: Uint8Array): ImageFormat | null {
  if (startsWith(bytes, "\xff\xd8\xff")) return "jpeg";
  if (startsWith(bytes, "\x89PNG\r\n\x1a\n")) return "png";
  if (startsWith(bytes, "GIF87a") || startsWith(bytes, "GIF89a")) return "gif";
  if (startsWith(bytes, "RIFF") && startsWith(bytes, "WEBP", 8)) return "webp";
  if (startsWith(bytes, "BM")) return "bmp";
  if (startsWith(bytes, "II*\0") || startsWith(bytes, "MM\0*")) return "tiff";
  if (startsWith(bytes, "II+\0") || startsWith(bytes, "MM\0+")) return "tiff";
  return null;
}

/** ISO base-media brands (bytes 8–11 of the file) that are pictures. */
const heifBrands = ["heic", "heix", "heim", "hevc", "mif1", "msf1", "avif", "avis"];

const refusedFormats: readonly (readonly [prefix: string, name: string])[] = [
  ["%PDF", "a PDF document"],
  ["\0\0\x01\0", "a Windows icon"],
  ["8BPS", "a Photoshop document"],
  ["PK\x03\x04", "a ZIP archive or office document"],
  ["\x1f\x8b", "gzip-compressed data"],
  ["\xff\x0a", "a JPEG XL picture"],
  ["\0\0\0\x0cJXL ", "a JPEG XL picture"],
  ["\0\0\0\x0cjP", "a JPEG 2000 picture"],
  ["\x1aE\xdf\xa3", "a Matroska or WebM video"],
  ["version https://git-lfs", "a Git LFS pointer, not the file itself"],
];

/** Says for an error message what unreadable bytes seem to be, with an article: `"an HTML page"`. */
export function describeUnreadableBytes(bytes: Uint8Array): string {
  for (const [prefix, name] of refusedFormats) if (startsWith(bytes, prefix)) return name;
  if (startsWith(bytes, "ftyp", 4)) {
    return heifBrands.some((brand) => startsWith(bytes, brand, 8))
      ? "a HEIF or AVIF picture"
      : "an MP4 or QuickTime video";
  }
  const text = new TextDecoder("latin1")
    .decode(bytes.subarray(0, 512))
    .replace(/^\xef\xbb\xbf/, "")
    .trimStart()
    .toLowerCase();
  if (text.startsWith("<!doctype html") || text.startsWith("<html")) return "an HTML page";
  if (text.includes("<svg")) return "an SVG drawing";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells data from text here
  return /^[^\0-\x08\x0e-\x1f]*$/.test(text) ? "text" : "no known picture format";
}
