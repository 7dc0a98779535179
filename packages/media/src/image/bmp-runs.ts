import { UnsupportedMediaError } from "@ocellus/core";
import type { BmpHeader } from "./bmp-header.ts";

/**
 * Expands RLE4 or RLE8 data to one palette index a byte, rows in file order. What the runs skip is index 0.
 *
 * @throws UnsupportedMediaError when the data ends before its end mark
 */
export function expandBmpRuns(
  bytes: Uint8Array,
  { width, height, compression, pixelsAt }: BmpHeader,
  { name }: { readonly name: string },
): Uint8Array {
  const isFourBit = compression === "rle4";
  const indices = new Uint8Array(width * height);
  let at = pixelsAt;
  let x = 0;
  let y = 0;
  const put = (count: number, indexAt: (i: number) => number): void => {
    for (let i = 0; i < count; i++, x++) if (x < width) indices[y * width + x] = indexAt(i);
  };
  const copyLiteral = (count: number): void => {
    const from = at;
    put(count, (i) => (isFourBit ? (bytes[from + (i >> 1)]! >> (i & 1 ? 0 : 4)) & 15 : bytes[from + i]!));
    const size = isFourBit ? (count + 1) >> 1 : count;
    at += size + (size & 1);
  };
  while (y < height) {
    if (at + 1 >= bytes.length) throw new UnsupportedMediaError(`Cannot decode ${name}: the BMP data is incomplete.`);
    const count = bytes[at++]!;
    const value = bytes[at++]!;
    if (count > 0) {
      put(count, (i) => (isFourBit ? (value >> (i & 1 ? 0 : 4)) & 15 : value));
    } else if (value === 0) {
      x = 0;
      y++;
    } else if (value === 1) {
      break;
    } else if (value === 2) {
      x += bytes[at++] ?? 0;
      y += bytes[at++] ?? 0;
    } else {
      copyLiteral(value);
    }
  }
  return indices;
}
