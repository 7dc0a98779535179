import { InvalidArgumentError } from "@ocellus/core";

/** Side of the square tiles: a tile of float32 fills half of the smallest common first-level cache. */
const side = 64;

/** Which rows of the whole matrix are given. */
export interface TransposeChunk {
  /** Length K of a row. */
  readonly inputs: number;
  /** Rows of the whole matrix; default: as many as are given. */
  readonly outputs?: number;
  /** Index of the first given row; default 0. */
  readonly firstRow?: number;
}

/**
 * Transposes rows [outputs, inputs] into [inputs, outputs], as MatMul wants the weights of a linear layer. A large
 * matrix can be given in chunks of whole rows that fill the same `target`.
 *
 * A tile at a time: rows are read and written in runs, and only the small tile is walked across, so that matrices
 * whose sides are powers of two do not fight for the same cache lines.
 *
 * @param target the whole matrix [inputs, outputs]; a new one when left out
 * @throws InvalidArgumentError when `rows` holds no whole number of rows, or more than fit behind `firstRow`
 */
export function transposeRows(rows: Float32Array, chunk: TransposeChunk, target?: Float32Array): Float32Array {
  const { inputs, firstRow = 0 } = chunk;
  const count = rows.length / inputs;
  const outputs = chunk.outputs ?? firstRow + count;
  const transposed = target ?? new Float32Array(inputs * outputs);
  if (!Number.isInteger(count) || firstRow + count > outputs || transposed.length !== inputs * outputs) {
    throw new InvalidArgumentError(
      `${rows.length} values are no whole number of rows of ${inputs} that fits behind row ${firstRow} of ${outputs} in a target of ${transposed.length}.`,
    );
  }
  const tile = new Float32Array(side * side);
  for (let row = 0; row < count; row += side) {
    const height = Math.min(side, count - row);
    for (let column = 0; column < inputs; column += side) {
      const width = Math.min(side, inputs - column);
      readTile(rows, inputs, row, column, height, width, tile);
      writeTile(tile, transposed, outputs, firstRow + row, column, height, width);
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
