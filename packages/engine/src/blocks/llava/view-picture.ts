import { type Picture, resamplePillow } from "@ocellus/media";
import { cutTiles } from "../pictures/cut-tiles.ts";
import type { AnyresProcessor } from "./anyres-processor.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A picture as the tower sees it. */
export interface ViewedPicture {
  /** The whole picture squeezed into one view, then the views of the canvas, row by row. */
  readonly views: readonly Picture[];
  readonly canvas: Size;
  /** Size of the picture in the middle of its canvas. */
  readonly fitted: Size;
}

/**
 * The canvas that keeps most of a picture's pixels, of equal ones the one that wastes least (LLaVA-NeXT
 * `select_best_resolution`; specs/vlm.md B5 "Preprocess").
 */
export function bestCanvas({ width, height }: Size, canvases: readonly Size[]): Size {
  let best = canvases[0]!;
  let [most, least] = [-1, Number.POSITIVE_INFINITY];
  for (const canvas of canvases) {
    const scale = Math.min(canvas.width / width, canvas.height / height);
    const kept = Math.min(Math.trunc(width * scale) * Math.trunc(height * scale), width * height);
    const wasted = canvas.width * canvas.height - kept;
    if (kept < most || (kept === most && wasted >= least)) continue;
    best = canvas;
    [most, least] = [kept, wasted];
  }
  return best;
}

/** The size of a picture within a canvas: one side fills it, the other is rounded up. */
export function sizeWithin({ width, height }: Size, canvas: Size): Size {
  const [scaleX, scaleY] = [canvas.width / width, canvas.height / height];
  return scaleX < scaleY
    ? { width: canvas.width, height: Math.min(Math.ceil(height * scaleX), canvas.height) }
    : { width: Math.min(Math.ceil(width * scaleY), canvas.width), height: canvas.height };
}

/** Makes the views of a picture: it stands in the middle of its canvas, black around it. */
export function viewPicture(picture: Picture, { tile, filter, canvases }: AnyresProcessor): ViewedPicture {
  const canvas = bestCanvas(picture, canvases);
  const fitted = sizeWithin(picture, canvas);
  const resized = resamplePillow(picture, fitted, filter);
  const whole = resamplePillow(picture, { width: tile, height: tile }, filter);
  return { views: [whole, ...cutTiles(centred(resized, canvas), tile)], canvas, fitted };
}

function centred(picture: Picture, { width, height }: Size): Picture {
  const data = new Uint8Array(width * height * 3);
  const left = Math.floor((width - picture.width) / 2);
  const top = Math.floor((height - picture.height) / 2);
  for (let y = 0; y < picture.height; y++) {
    const line = picture.data.subarray(y * picture.width * 3, (y + 1) * picture.width * 3);
    data.set(line, ((top + y) * width + left) * 3);
  }
  return { data, width, height };
}
