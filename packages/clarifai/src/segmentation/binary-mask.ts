import { UnsupportedMediaError } from "@ocellus/core";
import { decodeImage } from "@ocellus/media";
import type { MediaValue } from "../values/media-values.ts";

/** A mask as a bitmap. */
export interface BinaryMask {
  readonly width: number;
  readonly height: number;
  /** Row-major, one byte per pixel: 1 inside, 0 outside. */
  readonly data: Uint8Array;
}

/**
 * Decodes the mask of a region: an 8-bit grey picture, of which pixels from `threshold` on are inside.
 *
 * @throws UnsupportedMediaError for a mask without bytes or with damaged ones
 */
export async function decodeMask(
  mask: MediaValue | Uint8Array,
  { threshold = 128 }: { readonly threshold?: number } = {},
): Promise<BinaryMask> {
  const bytes = mask instanceof Uint8Array ? mask : mask.bytes;
  if (bytes.length === 0) throw new UnsupportedMediaError("The mask has no bytes; the model sent an address only.");
  const { data, width, height } = await decodeImage(bytes, { name: "the mask" });
  const bits = new Uint8Array(width * height);
  for (let pixel = 0; pixel < bits.length; pixel++) bits[pixel] = data[pixel * 3]! >= threshold ? 1 : 0;
  return { width, height, data: bits };
}

/** Pixels inside of a mask. */
export function maskArea({ data }: BinaryMask): number {
  let area = 0;
  for (const bit of data) area += bit;
  return area;
}

/** The smallest box around a mask in pixels, right and bottom exclusive; `null` for an empty mask. */
export function maskBox({ width, height, data }: BinaryMask): [x0: number, y0: number, x1: number, y1: number] | null {
  let [x0, y0, x1, y1] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width, (y + 1) * width);
    const first = row.indexOf(1);
    if (first < 0) continue;
    x0 = Math.min(x0, first);
    x1 = Math.max(x1, row.lastIndexOf(1) + 1);
    y0 = Math.min(y0, y);
    y1 = y + 1;
  }
  return x1 === 0 ? null : [x0, y0, x1, y1];
}
