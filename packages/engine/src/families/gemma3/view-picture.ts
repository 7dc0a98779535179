import { type Picture, resamplePillow } from "@ocellus/media";
import type { Gemma3Processor, PanAndScan } from "./processor-config.ts";

/** The crops of a picture: how many, and the size of all but the last, which may be smaller. */
export interface CropPlan {
  readonly columns: number;
  readonly rows: number;
  readonly width: number;
  readonly height: number;
}

/**
 * How an elongated picture is cut along its longer side (transformers `Gemma3ImageProcessor.pan_and_scan`).
 *
 * @returns undefined when it is not, or the crops would be too small
 */
export function planCrops(width: number, height: number, settings: PanAndScan): CropPlan | undefined {
  const { minCropSize, maxCrops, minRatio } = settings;
  const [longer, shorter] = [Math.max(width, height), Math.min(width, height)];
  if (longer / shorter < minRatio) return undefined;
  const wanted = Math.min(Math.floor(longer / minCropSize), Math.floor(longer / shorter + 0.5));
  const crops = Math.min(maxCrops, Math.max(2, wanted));
  const length = Math.ceil(longer / crops);
  if (Math.min(length, shorter) < minCropSize) return undefined;
  return width >= height
    ? { columns: crops, rows: 1, width: length, height }
    : { columns: 1, rows: crops, width, height: length };
}

/** The whole picture and its crops, each squeezed into one view. */
export function viewPicture(picture: Picture, { tile, filter, panAndScan }: Gemma3Processor): Picture[] {
  const plan = panAndScan === undefined ? undefined : planCrops(picture.width, picture.height, panAndScan);
  const crops = plan === undefined ? [] : cropsOf(picture, plan);
  return [picture, ...crops].map((part) => resamplePillow(part, { width: tile, height: tile }, filter));
}

function cropsOf(picture: Picture, { columns, rows, width, height }: CropPlan): Picture[] {
  return Array.from({ length: columns * rows }, (_, index) => {
    const left = Math.min((index % columns) * width, picture.width - 1);
    const top = Math.min(Math.floor(index / columns) * height, picture.height - 1);
    return crop(picture, {
      ...{ left, top, width: Math.min(width, picture.width - left), height: Math.min(height, picture.height - top) },
    });
  });
}

function crop(
  picture: Picture,
  area: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
): Picture {
  const { left, top, width, height } = area;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * picture.width + left) * 3;
    data.set(picture.data.subarray(start, start + width * 3), y * width * 3);
  }
  return { data, width, height };
}
