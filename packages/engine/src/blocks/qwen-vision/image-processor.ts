import { type Picture, resamplePillow } from "@ocellus/media";
import { copyPatchLine } from "../pictures/copy-patch-line.ts";
import { normalisedLevels, type PixelScale } from "../pictures/normalised-levels.ts";
import type { PictureSettings } from "../pictures/picture-settings.ts";
import type { GridThw } from "./patch-grid.ts";
import { type PixelSize, smartResize } from "./smart-resize.ts";

/** How pictures are resized and normalised. */
export interface AreaSettings extends PictureSettings {
  /** Smallest and largest area in pixels after resizing. */
  readonly minPixels: number;
  readonly maxPixels: number;
}

/** How pixels are grouped into patches, and patches into merged cells. */
export interface PatchSizes {
  readonly patchSize: number;
  readonly mergeSize: number;
  readonly temporalPatchSize: number;
}

/** Model input made from one picture or from the frames of one clip. */
export interface PatchedPixels {
  /** [patches, channels · temporalPatchSize · patchSize²] normalised pixels, rows in merge-block order. */
  readonly pixelValues: Float32Array;
  readonly grid: GridThw;
  /** Size of the picture that the model sees, which its box coordinates may refer to. */
  readonly resized: PixelSize;
}

/**
 * Resizes a picture as Pillow does, normalises it and cuts it into patches (specs/vlm.md B0 "Patchify", B1 "Image").
 *
 * @throws UnsupportedMediaError for a picture that is too elongated
 */
export function preprocessImage(picture: Picture, processor: AreaSettings, vision: PatchSizes): PatchedPixels {
  const factor = vision.patchSize * vision.mergeSize;
  const resized = smartResize(picture, { factor, minPixels: processor.minPixels, maxPixels: processor.maxPixels });
  const frame = resamplePillow(picture, resized, processor.filter);
  return { ...patchify([frame], processor, vision), resized };
}

/**
 * Cuts frames of one size into patches. The frames are padded to a multiple of `temporalPatchSize` by repeating the
 * last one, so that a still picture fills its temporal patch with itself.
 *
 * View (t, tp, C, h/m, m, p, w/m, m, p) → rows (t, h/m, w/m, m, m), columns (C, tp, p, p).
 *
 * @param frames RGB pictures whose sides are multiples of patchSize · mergeSize
 */
export function patchify(
  frames: readonly Picture[],
  processor: PixelScale,
  vision: PatchSizes,
): Omit<PatchedPixels, "resized"> {
  const { patchSize, mergeSize, temporalPatchSize } = vision;
  const { width, height } = frames[0]!;
  const grid = { t: Math.ceil(frames.length / temporalPatchSize), h: height / patchSize, w: width / patchSize };
  const plane = patchSize * patchSize;
  const rowLength = 3 * temporalPatchSize * plane;
  const pixelValues = new Float32Array(grid.t * grid.h * grid.w * rowLength);
  const levels = normalisedLevels(processor);

  for (let time = 0; time < grid.t * temporalPatchSize; time++) {
    const { data } = frames[Math.min(time, frames.length - 1)]!;
    const slice = Math.floor(time / temporalPatchSize) * grid.h * grid.w;
    const timeOffset = (time % temporalPatchSize) * plane;
    for (let y = 0; y < height; y++) {
      for (let patchX = 0; patchX < grid.w; patchX++) {
        const row = slice + mergeBlockRow(Math.floor(y / patchSize), patchX, grid.w, mergeSize);
        const start = row * rowLength + timeOffset + (y % patchSize) * patchSize;
        const source = (y * width + patchX * patchSize) * 3;
        copyPatchLine(data, source, levels, pixelValues, {
          start,
          patchSize,
          channelStride: temporalPatchSize * plane,
        });
      }
    }
  }
  return { pixelValues, grid };
}

/** Row of a patch when the patches of one merged cell follow each other. */
function mergeBlockRow(patchY: number, patchX: number, gridWidth: number, mergeSize: number): number {
  const cell = Math.floor(patchY / mergeSize) * (gridWidth / mergeSize) + Math.floor(patchX / mergeSize);
  return (cell * mergeSize + (patchY % mergeSize)) * mergeSize + (patchX % mergeSize);
}
