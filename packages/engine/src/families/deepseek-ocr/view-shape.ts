import { type Feeds, floatTensor, integerTensor } from "../../runtime/host-tensor.ts";
import { bicubicTaps, relativeTaps } from "./resample-taps.ts";
import type { DeepseekVisionConfig } from "./vision-config.ts";

/** Everything of a vision run that depends on the size of its views alone. */
export interface ViewShape {
  /** Patches along the side of a view. */
  readonly side: number;
  /** Feature rows along the side of a view, after the two convolutions that halve it. */
  readonly cells: number;
  /** Inputs of the vision graph (see `visionGraph`). */
  readonly feeds: Feeds;
}

/** The shape of views of `pixels` × `pixels`. */
export function viewShape({ sam, clip }: DeepseekVisionConfig, pixels: number): ViewShape {
  const side = Math.floor(pixels / sam.patchSize);
  const cells = Math.ceil(Math.ceil(side / 2) / 2);
  const { windowCells, patchCells, windows } = windowPlan(side, sam.window);
  return {
    side,
    cells,
    feeds: {
      side: integerTensor([side]),
      window_cells: integerTensor(windowCells, [windows, sam.window * sam.window]),
      patch_cells: integerTensor(patchCells),
      position_taps: floatTensor(bicubicTaps(sam.positionSide, side), [side, sam.positionSide]),
      relative_taps: floatTensor(relativeTaps(sam.relativeEntries, side), [side * side, sam.relativeEntries]),
      key_cells: floatTensor(keyCells(side), [side * side, 2 * side]),
      clip_taps: floatTensor(bicubicTaps(clip.positionSide, cells), [cells, clip.positionSide]),
    },
  };
}

interface WindowPlan {
  readonly windows: number;
  /** [windows · window²] the patch of every cell of every window; side² where there is none. */
  readonly windowCells: number[];
  /** [side²] the cell of every patch, counted over all windows. */
  readonly patchCells: number[];
}

/** Cuts a square of patches into windows, those at the right and at the bottom filled up (SAM `window_partition`). */
export function windowPlan(side: number, window: number): WindowPlan {
  const across = Math.ceil(side / window);
  const windowCells = new Array<number>(across * across * window * window).fill(side * side);
  const patchCells: number[] = [];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const index = Math.floor(y / window) * across + Math.floor(x / window);
      const cell = (index * window + (y % window)) * window + (x % window);
      patchCells.push(cell);
      windowCells[cell] = y * side + x;
    }
  }
  return { windows: across * across, windowCells, patchCells };
}

/** [side², 2 · side] ones at the line and at the column of every patch: what relative positions are added by. */
export function keyCells(side: number): Float32Array {
  const cells = new Float32Array(side * side * 2 * side);
  for (let patch = 0; patch < side * side; patch++) {
    const start = patch * 2 * side;
    cells[start + Math.floor(patch / side)] = 1;
    cells[start + side + (patch % side)] = 1;
  }
  return cells;
}
