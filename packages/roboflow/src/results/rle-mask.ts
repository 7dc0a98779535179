import type { PictureSize } from "../images/image-scale.ts";
import { resizeNearest } from "./resize-nearest.ts";

/** A mask in COCO's compressed run-length form. */
export interface RleMask {
  /** Height and width in pixels. */
  readonly size: readonly [height: number, width: number];
  /** Run lengths of zeros and ones in turn, column by column; compressed text, or plain numbers. */
  readonly counts: string | readonly number[];
}

/** Most pixels of a mask that is decoded. */
const maxPixels = 2 ** 28;

/**
 * Decodes a mask to one byte a pixel (0 or 1), row by row. The text is COCO's: five bits a character from `0`, sixth bit
 * for "more", signed, from the third run on as the difference to the run before the last (pycocotools, maskApi.c).
 *
 * @returns null when size or counts are damaged
 */
export function decodeRleMask(mask: RleMask): Uint8Array | null {
  const [height, width] = mask.size;
  const runs = typeof mask.counts === "string" ? readCounts(mask.counts) : mask.counts;
  if (!(height > 0 && width > 0 && height * width <= maxPixels) || runs === null) return null;
  const pixels = new Uint8Array(height * width);
  let at = 0;
  for (const [index, length] of runs.entries()) {
    if (!Number.isInteger(length) || length < 0 || at + length > pixels.length) return null;
    if (index % 2 === 1) {
      for (let end = at + length, i = at; i < end; i++) pixels[(i % height) * width + Math.floor(i / height)] = 1;
    }
    at += length;
  }
  return at === pixels.length ? pixels : null;
}

/** Encodes pixels (0 or not, row by row) in the form that {@link decodeRleMask} reads. */
export function encodeRleMask(pixels: Uint8Array, { width, height }: PictureSize): RleMask {
  const runs: number[] = [0];
  let value = 0;
  for (let i = 0; i < pixels.length; i++) {
    const next = pixels[(i % height) * width + Math.floor(i / height)] === 0 ? 0 : 1;
    if (next !== value) runs.push(0);
    value = next;
    runs[runs.length - 1]! += 1;
  }
  return { size: [height, width], counts: runs.map((run, i) => writeCount(i > 2 ? run - runs[i - 2]! : run)).join("") };
}

/** A mask in another size: each pixel is that of the nearest place in the original. */
export function resizeRleMask(mask: RleMask, target: PictureSize): RleMask {
  const pixels = decodeRleMask(mask);
  if (pixels === null) return mask;
  const [height, width] = mask.size;
  const resized = resizeNearest(pixels, { width, height }, target);
  return encodeRleMask(resized, target);
}

function readCounts(text: string): number[] | null {
  const runs: number[] = [];
  let value = 0;
  let shift = 0;
  for (let at = 0; at < text.length; at++) {
    const bits = text.charCodeAt(at) - 48;
    if (!(bits >= 0 && bits < 64) || shift > 25) return null;
    value |= (bits & 31) << shift;
    shift += 5;
    if ((bits & 32) !== 0) continue;
    if ((bits & 16) !== 0) value |= -1 << shift;
    runs.push(runs.length > 2 ? value + runs[runs.length - 2]! : value);
    value = 0;
    shift = 0;
  }
  return shift === 0 ? runs : null;
}

function writeCount(count: number): string {
  let text = "";
  for (let rest = count, more = true; more; ) {
    const bits = rest & 31;
    rest >>= 5;
    more = (bits & 16) === 0 ? rest !== 0 : rest !== -1;
    text += String.fromCharCode((more ? bits | 32 : bits) + 48);
  }
  return text;
}
