/** Tag of the orientation in TIFF (Exif 2.3, 4.6.4). */
const orientationTag = 0x0112;

/**
 * The Exif orientation of a JPEG file, 1 (upright) to 8; 1 when it has none or it cannot be read. Servers differ in
 * whether they obey it (llama.cpp's decoder and plain Pillow do not), so pictures that lie are turned before sending.
 */
export function jpegOrientation(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    const length = view.getUint16(at + 2);
    if (marker === 0xda || length < 2) return 1;
    if (marker === 0xe1 && isExif(bytes, at + 4)) {
      const end = Math.min(at + 2 + length, bytes.length);
      return readOrientation(new DataView(view.buffer, view.byteOffset + at + 10, Math.max(0, end - at - 10)));
    }
    at += 2 + length;
  }
  return 1;
}

const isExif = (bytes: Uint8Array, at: number): boolean =>
  Buffer.from(bytes.subarray(at, at + 6)).toString("latin1") === "Exif\0\0";

function readOrientation(tiff: DataView): number {
  if (tiff.byteLength < 10) return 1;
  const little = tiff.getUint16(0) === 0x4949;
  const directory = tiff.getUint32(4, little);
  if (directory + 2 > tiff.byteLength) return 1;
  const count = tiff.getUint16(directory, little);
  for (let entry = 0; entry < count; entry += 1) {
    const at = directory + 2 + entry * 12;
    if (at + 12 > tiff.byteLength) return 1;
    if (tiff.getUint16(at, little) !== orientationTag) continue;
    const value = tiff.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
