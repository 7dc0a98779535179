import { InvalidArgumentError } from "@ocellus/core";

/** Side of the square tiles: a tile of float32 fills half of the smallest common first-level cache. */
const side = 64;

/**
 * Transposes rows [rows, columns] into [columns, rows], as MatMul wants the weights of a linear layer.
 *
 * A tile at a time: rows are read and written in runs, and only the small tile is walked across, so that matrices
 * whose sides are powers of two do not fight for the same cache lines.
 *
 * @throws InvalidArgumentError when `values` holds no whole number of rows
 */
export function transpose(values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns;
  if (!Number.isInteger(rows)) {
    throw new InvalidArgumentError(`${values.length} values are no whole number of rows of ${columns}.`);
  }
  const transposed = new Float32Array(values.length);
  const tile = new Float32Array(side * side);
  for (let row = 0; row < rows; row += side) {
    const height = Math.min(side, rows - row);
    for (let column = 0; column < columns; column += side) {
      const width = Math.min(side, columns - column);
      readTile(values, columns, row, column, height, width, tile);
      writeTile(tile, transposed, rows, row, column, height, width);
    }
  }
  return transposed;
}

/** Reads a tile along its rows and stores it along its columns. */
function readTile(
  values: Float32Array,
  columns: number,
  row: number,
  column: number,
  height: number,
  width: number,
  tile: Float32Array,
): void {
  for (let y = 0; y < height; y++) {
    const start = (row + y) * columns + column;
    for (let x = 0; x < width; x++) tile[x * side + y] = values[start + x]!;
  }
}

function writeTile(
  tile: Float32Array,
  transposed: Float32Array,
  rows: number,
  row: number,
  column: number,
  height: number,
  width: number,
): void {
  for (let x = 0; x < width; x++) {
    const start = (column + x) * rows + row;
    for (let y = 0; y < height; y++) transposed[start + y] = tile[x * side + y]!;
  }
}
