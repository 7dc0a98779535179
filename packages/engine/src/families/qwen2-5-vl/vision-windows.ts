import type { GridThw } from "../../blocks/qwen-vision/patch-grid.ts";

/** How the patches of one picture are cut into attention windows. All indices count patches. */
export interface WindowLayout {
  /** Number of windows. */
  readonly windows: number;
  /** Rows that every window is padded to: the patches of a full window. */
  readonly windowRows: number;
  /** [patches] window order → merge-block order (the order of `pixelValues`). */
  readonly order: Int32Array;
  /** [patches / merge²] merge-block order → window order, in merged cells. */
  readonly restore: Int32Array;
  /** [windows · windowRows] padded window row → row in window order; padding points at row 0. */
  readonly padded: Int32Array;
  /** [patches] row in window order → padded window row. */
  readonly unpadded: Int32Array;
  /** [windows · windowRows] 1 for a patch, 0 for padding. */
  readonly valid: Uint8Array;
}

/**
 * Cuts each temporal slice into square windows of `windowCells` × `windowCells` merged cells, row by row; windows at
 * the right and lower edge are ragged (specs/vlm.md B1, "Window attention").
 *
 * @param grid patches; h and w are multiples of `mergeSize`
 * @param mergeSize side of a merged cell in patches
 * @param windowCells side of a window in merged cells
 */
export function windowLayout(grid: GridThw, mergeSize: number, windowCells: number): WindowLayout {
  const rows = grid.h / mergeSize;
  const columns = grid.w / mergeSize;
  const area = mergeSize * mergeSize;
  const cells = grid.t * rows * columns;
  const windows = grid.t * Math.ceil(rows / windowCells) * Math.ceil(columns / windowCells);
  const windowRows = windowCells * windowCells * area;
  const order = new Int32Array(cells * area);
  const restore = new Int32Array(cells);
  const padded = new Int32Array(windows * windowRows);
  const unpadded = new Int32Array(cells * area);
  const valid = new Uint8Array(windows * windowRows);

  let window = 0;
  let cell = 0;
  /** Appends one merged cell at `place` of the current window. */
  const append = (source: number, place: number): void => {
    restore[source] = cell;
    for (let patch = 0; patch < area; patch++) {
      const row = cell * area + patch;
      const paddedRow = window * windowRows + place * area + patch;
      order[row] = source * area + patch;
      padded[paddedRow] = row;
      unpadded[row] = paddedRow;
      valid[paddedRow] = 1;
    }
    cell++;
  };

  for (const { slice, top, left } of windowCorners(grid.t, rows, columns, windowCells)) {
    const bottom = Math.min(top + windowCells, rows);
    const right = Math.min(left + windowCells, columns);
    let place = 0;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) append((slice * rows + y) * columns + x, place++);
    }
    window++;
  }
  return { windows, windowRows, order, restore, padded, unpadded, valid };
}

function* windowCorners(
  slices: number,
  rows: number,
  columns: number,
  side: number,
): Generator<{ readonly slice: number; readonly top: number; readonly left: number }> {
  for (let slice = 0; slice < slices; slice++) {
    for (let top = 0; top < rows; top += side) {
      for (let left = 0; left < columns; left += side) yield { slice, top, left };
    }
  }
}
