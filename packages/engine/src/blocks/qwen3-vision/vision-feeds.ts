import { type Feeds, floatTensor, integerTensor } from "../../runtime/host-tensor.ts";
import type { PatchedPixels } from "../qwen-vision/image-processor.ts";
import { inverseFrequencies, rotaryTable } from "../rotary.ts";
import type { Qwen3VisionConfig } from "./vision-config.ts";

/** θ of the tower's rotary positions: fixed in the reference implementation. */
const visionTheta = 10_000;

/** The inputs of the vision graph for one temporal slice (named in vision-graph.ts). */
export function visionFeeds(pixels: Pick<PatchedPixels, "pixelValues" | "grid">, config: Qwen3VisionConfig): Feeds {
  const { pixelValues, grid } = pixels;
  const patches = grid.h * grid.w;
  const places = patchPlaces(grid, config.mergeSize);
  const half = inverseFrequencies(visionTheta, config.hiddenSize / config.heads / 2);
  const { cos, sin } = rotaryTable(patches, Float32Array.of(...half, ...half), (row, column) =>
    column < half.length ? places[row]!.y : places[row]!.x,
  );
  const rotaryDims = [1, patches, cos.length / patches];
  return {
    pixel_values: floatTensor(pixelValues, [patches, pixelValues.length / patches]),
    cos: floatTensor(cos, rotaryDims),
    sin: floatTensor(sin, rotaryDims),
    ...positionCells(places, grid, config.positionSide),
  };
}

interface Place {
  readonly y: number;
  readonly x: number;
}

/** Row and column of every patch in merge-block order (specs/vlm.md B0 "Patchify"). */
function patchPlaces({ h, w }: { readonly h: number; readonly w: number }, mergeSize: number): Place[] {
  const columns = w / mergeSize;
  return Array.from({ length: h * w }, (_, patch) => {
    const cell = Math.floor(patch / mergeSize ** 2);
    const inCell = patch % mergeSize ** 2;
    return {
      y: Math.floor(cell / columns) * mergeSize + Math.floor(inCell / mergeSize),
      x: (cell % columns) * mergeSize + (inCell % mergeSize),
    };
  });
}

/** The four cells of the learned grid around every patch and their weights: bilinear, corners aligned (B2 "Vision"). */
function positionCells(
  places: readonly Place[],
  grid: { readonly h: number; readonly w: number },
  side: number,
): Pick<Feeds, "cells" | "cell_weights"> {
  const rows = evenly(grid.h, side);
  const columns = evenly(grid.w, side);
  const cells = new Int32Array(4 * places.length);
  const weights = new Float32Array(4 * places.length);
  for (const [patch, { y, x }] of places.entries()) {
    const [top, left] = [Math.trunc(rows[y]!), Math.trunc(columns[x]!)];
    const [bottom, right] = [Math.min(top + 1, side - 1), Math.min(left + 1, side - 1)];
    const [dy, dx] = [Math.fround(rows[y]! - top), Math.fround(columns[x]! - left)];
    cells.set([top * side + left, top * side + right, bottom * side + left, bottom * side + right], 4 * patch);
    weights.set([(1 - dy) * (1 - dx), (1 - dy) * dx, dy * (1 - dx), dy * dx], 4 * patch);
  }
  return {
    cells: integerTensor(cells, [places.length, 4]),
    cell_weights: floatTensor(weights, [places.length, 4, 1]),
  };
}

/** `count` places from the first to the last of `side` cells, counted from both ends in float32 as torch.linspace does. */
function evenly(count: number, side: number): Float32Array {
  const step = Math.fround((side - 1) / Math.max(1, count - 1));
  return Float32Array.from({ length: count }, (_, index) =>
    index < count / 2 ? step * index : side - 1 - step * (count - 1 - index),
  );
}
