import { UnsupportedMediaError } from "@ocellus/core";
import { type BmpHeader, readBmpHeader } from "./bmp-header.ts";
import { expandBmpRuns } from "./bmp-runs.ts";
import type { DecodedSamples } from "./samples-to-rgb.ts";

/**
 * Decodes a BMP file (1, 4, 8, 16, 24 and 32 bits, bit fields, RLE4 and RLE8, bottom-up and top-down): libvips has no
 * reader for this format.
 *
 * @throws UnsupportedMediaError for unknown variants, damaged and oversized files
 */
export function decodeBmp(
  bytes: Uint8Array,
  limits: { readonly name: string; readonly maxPixels: number },
): DecodedSamples {
  const header = readBmpHeader(bytes, limits);
  const stored = header.compression === "none" ? bytes.subarray(header.pixelsAt) : expandBmpRuns(bytes, header, limits);
  const bits = header.compression === "none" ? header.bits : 8;
  const stride = header.compression === "none" ? Math.ceil((header.width * bits) / 32) * 4 : header.width;
  // Some writers leave out the padding of the last row.
  const needed = stride * (header.height - 1) + Math.ceil((header.width * bits) / 8);
  if (stored.length < needed) {
    throw new UnsupportedMediaError(
      `Cannot decode ${limits.name}: the BMP data is incomplete (${stored.length} of ${needed} bytes of pixels).`,
    );
  }
  const channels = header.masks[3] === 0 || bits <= 8 ? 3 : 4;
  const data = new Uint8Array(header.width * header.height * channels);
  const readRow = bits <= 8 ? readIndexedRow : readMaskedRow;
  for (let y = 0; y < header.height; y++) {
    const row = header.isTopDown ? y : header.height - 1 - y;
    readRow(stored, row * stride, header, bits, data, y * header.width * channels);
  }
  return { data, width: header.width, height: header.height, channels };
}

function readIndexedRow(
  stored: Uint8Array,
  at: number,
  { width, palette }: BmpHeader,
  bits: number,
  data: Uint8Array,
  out: number,
): void {
  const largest = (1 << bits) - 1;
  for (let x = 0; x < width; x++) {
    const bit = x * bits;
    const index = (stored[at + (bit >> 3)]! >> (8 - bits - (bit & 7))) & largest;
    data.set(palette.subarray(index * 3, index * 3 + 3), out + x * 3);
  }
}

function readMaskedRow(
  stored: Uint8Array,
  at: number,
  { width, masks }: BmpHeader,
  bits: number,
  data: Uint8Array,
  out: number,
): void {
  const size = bits / 8;
  const channels = masks[3] === 0 ? 3 : 4;
  const shifts = masks.map((mask) => (mask === 0 ? 0 : 31 - Math.clz32(mask & -mask)));
  const largest = masks.map((mask, c) => Math.max(1, mask >>> shifts[c]!));
  for (let x = 0; x < width; x++) {
    let word = 0;
    for (let i = size - 1; i >= 0; i--) word = (word << 8) | stored[at + x * size + i]!;
    for (let c = 0; c < channels; c++) {
      const value = (word & masks[c]!) >>> shifts[c]!;
      data[out + x * channels + c] = Math.trunc((value * 255) / largest[c]!);
    }
  }
}
