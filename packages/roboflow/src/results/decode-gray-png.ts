import { inflateSync } from "node:zlib";

/** Samples of a grey PNG, row by row. */
export interface GrayPng {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: 8 | 16;
  readonly samples: Uint16Array;
}

const signature = Buffer.from("89504e470d0a1a0a", "hex");
/** Most pixels that are decoded. */
const maxPixels = 2 ** 28;

/**
 * Decodes a grey PNG of 8 or 16 bits without losing any of them (PNG specification, sections 9 and 11). Picture
 * libraries cut 16 bits to 8.
 *
 * @returns null for anything else: damaged, coloured, interlaced, too large
 */
export function decodeGrayPng(bytes: Buffer): GrayPng | null {
  try {
    return decode(bytes);
  } catch {
    return null;
  }
}

function decode(bytes: Buffer): GrayPng | null {
  if (!bytes.subarray(0, 8).equals(signature)) return null;
  const width = bytes.readUInt32BE(16);
  const height = bytes.readUInt32BE(20);
  const [depth, colour, , , interlaced] = bytes.subarray(24, 29);
  if ((depth !== 8 && depth !== 16) || colour !== 0 || interlaced !== 0 || width * height > maxPixels) return null;
  const size = depth / 8;
  const stride = width * size;
  const data = inflateSync(Buffer.concat(imageData(bytes)), { maxOutputLength: (stride + 1) * height });
  if (data.length !== (stride + 1) * height || width === 0) return null;
  const samples = new Uint16Array(width * height);
  let above: Uint8Array = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1));
    unfilter(data[y * (stride + 1)]!, row, above, size);
    for (let x = 0; x < width; x++) {
      samples[y * width + x] = size === 2 ? row[2 * x]! * 256 + row[2 * x + 1]! : row[x]!;
    }
    above = row;
  }
  return { width, height, bitDepth: depth, samples };
}

function imageData(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 8; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return parts;
}

/** Adds the prediction of the row's filter to every byte; `size` is the distance to the sample on the left. */
function unfilter(filter: number, row: Uint8Array, above: Uint8Array, size: number): void {
  const predict = predictors[filter];
  if (predict === undefined) throw new RangeError(`filter ${filter}`);
  for (let i = 0; i < row.length; i++) {
    const left = i < size ? 0 : row[i - size]!;
    const corner = i < size ? 0 : above[i - size]!;
    row[i]! += predict(left, above[i]!, corner);
  }
}

const predictors: readonly ((left: number, up: number, corner: number) => number)[] = [
  () => 0,
  (left) => left,
  (_left, up) => up,
  (left, up) => (left + up) >> 1,
  paeth,
];

function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const [toLeft, toUp, toCorner] = [left, up, corner].map((value) => Math.abs(estimate - value)) as [
    number,
    number,
    number,
  ];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
