import { UnsupportedMediaError } from "@ocellus/core";
import { expandGifLzw } from "./gif-lzw.ts";
import { assertPictureSize } from "./picture-size-limit.ts";
import type { DecodedSamples } from "./samples-to-rgb.ts";

interface GifFrame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly isInterlaced: boolean;
  /** RGB triples. */
  readonly palette: Uint8Array;
  /** Palette index of transparent pixels, −1 without. */
  readonly transparent: number;
  /** Position of the code-size byte. */
  readonly dataAt: number;
}

/**
 * Decodes the first frame of a GIF as Pillow does. libvips blackens transparent pixels, while Pillow (and with it every
 * model's training data) shows their palette colour; where the frame does not cover the screen, that is the colour of
 * the transparent index, or of index 0.
 *
 * @throws UnsupportedMediaError for damaged and oversized files
 */
export function decodeGif(
  bytes: Uint8Array,
  { name, maxPixels }: { readonly name: string; readonly maxPixels: number },
): DecodedSamples {
  const damaged = (): never => {
    throw new UnsupportedMediaError(`Cannot decode ${name}: the GIF data is damaged or incomplete. Fetch it again.`);
  };
  const frame = findFirstFrame(bytes) ?? damaged();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const width = Math.max(view.getUint16(6, true), frame.left + frame.width);
  const height = Math.max(view.getUint16(8, true), frame.top + frame.height);
  assertPictureSize(name, width, height, maxPixels);
  assertPictureSize(name, frame.width, frame.height, maxPixels);
  const codeSize = bytes[frame.dataAt] ?? 0;
  if (codeSize < 1 || codeSize > 8) damaged();
  const pixels = frame.width * frame.height;
  const { indices, count } = expandGifLzw(bytes, frame.dataAt + 1, codeSize, pixels);
  if (count < pixels) damaged();
  return paintFrame(frame, indices, width, height);
}

/** Pixel rows of a GIF frame in the order in which they are stored. */
function storedRows(height: number, isInterlaced: boolean): number[] {
  const passes = isInterlaced
    ? [[0, 8] as const, [4, 8] as const, [2, 4] as const, [1, 2] as const]
    : [[0, 1] as const];
  const rows: number[] = [];
  for (const [start, step] of passes) for (let y = start; y < height; y += step) rows.push(y);
  return rows;
}

function paintFrame(frame: GifFrame, indices: Uint8Array, width: number, height: number): DecodedSamples {
  const { palette, transparent } = frame;
  const channels = transparent < 0 ? 3 : 4;
  const canvas = new Uint8Array(width * height).fill(Math.max(0, transparent));
  storedRows(frame.height, frame.isInterlaced).forEach((y, stored) => {
    const row = indices.subarray(stored * frame.width, (stored + 1) * frame.width);
    canvas.set(row, (frame.top + y) * width + frame.left);
  });
  const data = new Uint8Array(width * height * channels);
  for (let pixel = 0, out = 0; pixel < canvas.length; pixel++, out += channels) {
    const index = canvas[pixel]!;
    data[out] = palette[index * 3]!;
    data[out + 1] = palette[index * 3 + 1]!;
    data[out + 2] = palette[index * 3 + 2]!;
    if (channels === 4) data[out + 3] = index === transparent ? 0 : 255;
  }
  return { data, width, height, channels };
}

/** Walks the blocks up to the first frame; `undefined` when there is none. */
function findFirstFrame(bytes: Uint8Array): GifFrame | undefined {
  const flags = bytes[10] ?? 0;
  const screenPalette = readPalette(bytes, 13, flags);
  let at = 13 + paletteLength(flags);
  let transparent = -1;
  while (at < bytes.length && bytes[at] !== 0x3b) {
    const block = bytes[at++];
    if (block === 0x2c) return readFrame(bytes, at, screenPalette, transparent);
    if (block !== 0x21) continue;
    if (bytes[at] === 0xf9) transparent = bytes[at + 2]! & 1 ? (bytes[at + 5] ?? -1) : -1;
    at = skipSubBlocks(bytes, at + 1);
  }
  return undefined;
}

function readFrame(
  bytes: Uint8Array,
  at: number,
  screenPalette: Uint8Array,
  transparent: number,
): GifFrame | undefined {
  if (at + 9 >= bytes.length) return undefined;
  const uint16 = (offset: number): number => bytes[at + offset]! | (bytes[at + offset + 1]! << 8);
  const flags = bytes[at + 8]!;
  return {
    left: uint16(0),
    top: uint16(2),
    width: uint16(4),
    height: uint16(6),
    isInterlaced: (flags & 0x40) !== 0,
    palette: flags & 0x80 ? readPalette(bytes, at + 9, flags) : screenPalette,
    transparent,
    dataAt: at + 9 + paletteLength(flags),
  };
}

const paletteLength = (flags: number): number => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);

const greyRamp = Uint8Array.from({ length: 768 }, (_, i) => Math.trunc(i / 3));

/**
 * Reads a palette of 256 entries as Pillow does: without one, or with one that only begins a grey ramp, indices are
 * grey levels; else indices beyond its end are black.
 */
function readPalette(bytes: Uint8Array, at: number, flags: number): Uint8Array {
  const stored = bytes.subarray(at, at + paletteLength(flags));
  if (stored.every((value, i) => value === greyRamp[i])) return greyRamp;
  const palette = new Uint8Array(768);
  palette.set(stored);
  return palette;
}

function skipSubBlocks(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at]! > 0) at += bytes[at]! + 1;
  return at + 1;
}
