import { InvalidArgumentError } from "@ocellus/core";
import type { BinaryMask } from "./binary-mask.ts";

/**
 * Run lengths of a mask in COCO's uncompressed form: column by column, runs of outside and inside in turn, beginning
 * with outside (https://github.com/cocodataset/cocoapi/blob/master/common/maskApi.h).
 */
export interface MaskRle {
  readonly size: readonly [height: number, width: number];
  readonly counts: readonly number[];
}

/** Largest number of pixels that run lengths are expanded to. */
const maxPixels = 2 ** 28;

/** The run lengths of a mask. */
export function maskToRle({ width, height, data }: BinaryMask): MaskRle {
  const counts: number[] = [];
  let inside = 0;
  let run = 0;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      if (data[y * width + x] === inside) {
        run++;
        continue;
      }
      counts.push(run);
      inside = 1 - inside;
      run = 1;
    }
  }
  counts.push(run);
  return { size: [height, width], counts };
}

/** The mask of run lengths. @throws InvalidArgumentError when they do not fill the size */
export function rleToMask({ size: [height, width], counts }: MaskRle): BinaryMask {
  const pixels = height * width;
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (!(pixels <= maxPixels) || total !== pixels || counts.some((count) => !Number.isInteger(count) || count < 0)) {
    throw new InvalidArgumentError(`Run lengths of ${total} pixels do not fill a mask of ${width}x${height}.`);
  }
  const data = new Uint8Array(pixels);
  let at = 0;
  for (const [index, count] of counts.entries()) {
    if (index % 2 === 1) for (let i = at; i < at + count; i++) data[(i % height) * width + Math.floor(i / height)] = 1;
    at += count;
  }
  return { width, height, data };
}
