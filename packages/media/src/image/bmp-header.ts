import { UnsupportedMediaError } from "@ocellus/core";
import { assertPictureSize } from "./picture-size-limit.ts";

/** What a BMP file says about itself, checked. */
export interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly isTopDown: boolean;
  /** 1, 4 or 8 (palette), 16, 24 or 32. */
  readonly bits: number;
  readonly compression: "none" | "rle8" | "rle4";
  /** Bit masks of red, green, blue and alpha (0 without) for 16, 24 and 32 bits. */
  readonly masks: readonly [red: number, green: number, blue: number, alpha: number];
  /** RGB triples for up to 8 bits, else empty. */
  readonly palette: Uint8Array;
  /** Where the pixels begin. */
  readonly pixelsAt: number;
}

/** By the compression code of the file; 3 and 6 are plain pixels with bit masks. */
const compressionNames: Readonly<Record<number, BmpHeader["compression"]>> = {
  0: "none",
  1: "rle8",
  2: "rle4",
  3: "none",
  6: "none",
};

/** Bits per pixel that go with each compression code. */
const depthsOf: Readonly<Record<number, readonly number[]>> = {
  0: [1, 4, 8, 16, 24, 32],
  1: [8],
  2: [4],
  3: [16, 24, 32],
  6: [16, 24, 32],
};

/**
 * Reads the header and the palette of a BMP file: OS/2 (12 bytes), Windows 3 to 5.
 *
 * @throws UnsupportedMediaError for unknown variants, sizes above `maxPixels` and files that end too early
 */
export function readBmpHeader(
  bytes: Uint8Array,
  { name, maxPixels }: { readonly name: string; readonly maxPixels: number },
): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headerSize = readHeaderSize(view, name);
  const isOs2 = headerSize === 12;
  const fields = isOs2 ? readOs2Fields(view) : readWindowsFields(view);
  const { width, signedHeight, bits, compressionCode } = fields;
  const height = Math.abs(signedHeight);
  assertPictureSize(name, width, height, maxPixels);
  const compression = depthsOf[compressionCode]?.includes(bits) ? compressionNames[compressionCode] : undefined;
  if (compression === undefined) {
    throw new UnsupportedMediaError(
      `Cannot decode ${name}: BMP compression ${compressionCode} with ${bits} bits is not supported. Save it as PNG.`,
    );
  }
  const masksFollow = headerSize === 40 && compressionCode >= 3;
  const paletteAt = 14 + headerSize + (masksFollow ? 4 * (compressionCode === 6 ? 4 : 3) : 0);
  const colors = Math.min(256, fields.colors || 1 << bits);
  return {
    width,
    height,
    isTopDown: signedHeight < 0,
    bits,
    compression,
    masks: compressionCode >= 3 ? readMasks(view, headerSize, compressionCode) : defaultMasks(bits),
    palette: bits <= 8 ? readPalette(bytes, paletteAt, colors, isOs2 ? 3 : 4) : new Uint8Array(),
    pixelsAt: view.getUint32(10, true),
  };
}

function readHeaderSize(view: DataView, name: string): number {
  const size = view.byteLength >= 26 ? view.getUint32(14, true) : 0;
  if (size === 12 || (size >= 40 && size <= 1024 && view.byteLength >= 14 + size)) return size;
  throw new UnsupportedMediaError(
    `Cannot decode ${name}: its BMP header is damaged or of an unknown kind (${size} bytes).`,
  );
}

interface HeaderFields {
  readonly width: number;
  /** Negative for rows from top to bottom. */
  readonly signedHeight: number;
  readonly bits: number;
  readonly compressionCode: number;
  /** Entries of the palette, 0 for as many as `bits` allow. */
  readonly colors: number;
}

const readOs2Fields = (view: DataView): HeaderFields => ({
  width: view.getUint16(18, true),
  signedHeight: view.getUint16(20, true),
  bits: view.getUint16(24, true),
  compressionCode: 0,
  colors: 0,
});

const readWindowsFields = (view: DataView): HeaderFields => ({
  width: view.getInt32(18, true),
  signedHeight: view.getInt32(22, true),
  bits: view.getUint16(28, true),
  compressionCode: view.getUint32(30, true),
  colors: view.getUint32(46, true),
});

function readPalette(bytes: Uint8Array, at: number, colors: number, stride: number): Uint8Array {
  const palette = new Uint8Array(256 * 3);
  for (let i = 0; i < colors; i++) {
    for (let c = 0; c < 3; c++) palette[i * 3 + c] = bytes[at + i * stride + 2 - c] ?? 0;
  }
  return palette;
}

const defaultMasks = (bits: number): BmpHeader["masks"] =>
  bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0];

function readMasks(view: DataView, headerSize: number, compressionCode: number): BmpHeader["masks"] {
  const mask = (index: number): number =>
    58 + index * 4 <= view.byteLength ? view.getUint32(54 + index * 4, true) : 0;
  const hasAlpha = headerSize >= 56 || compressionCode === 6;
  return [mask(0), mask(1), mask(2), hasAlpha ? mask(3) : 0];
}
