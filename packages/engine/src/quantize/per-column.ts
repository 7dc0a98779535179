import { InvalidArgumentError, ModelLoadError } from "@ocellus/core";

/** Side of the square tiles that are transposed at a time. */
const side = 64;

/** Signed 8-bit weights with a scale per output, in the layout of MatMulInteger and its relatives. */
export interface PerColumnMatrix {
  /** [inputs, outputs] row-major. */
  readonly values: Int8Array;
  /** [outputs]; a weight is value · scale. */
  readonly scales: Float32Array;
}

/** Which rows of the whole matrix are given. */
export interface PerColumnChunk {
  /** Length K of a row. */
  readonly inputs: number;
  /** Rows of the whole matrix; default: as many as are given. */
  readonly outputs?: number;
  /** Index of the first given row; default 0. */
  readonly firstRow?: number;
}

/**
 * Quantises rows [outputs, inputs] to signed bytes, transposed, with one scale per output: largest magnitude / 127.
 * A large matrix can be given in chunks of whole rows that fill the same `target`.
 *
 * @param target arrays of the whole matrix to fill; new ones when left out
 * @throws InvalidArgumentError when `rows` holds no whole number of rows, or more than fit behind `firstRow`
 * @throws ModelLoadError when a weight is NaN or infinite
 */
export function quantizePerColumn(
  rows: Float32Array,
  chunk: PerColumnChunk,
  target?: PerColumnMatrix,
): PerColumnMatrix {
  const { inputs, firstRow = 0 } = chunk;
  const count = rows.length / inputs;
  const outputs = chunk.outputs ?? firstRow + count;
  const values = target?.values ?? new Int8Array(inputs * outputs);
  const scales = target?.scales ?? new Float32Array(outputs);
  if (!Number.isInteger(count) || firstRow + count > outputs) {
    throw new InvalidArgumentError(
      `${rows.length} weights are no whole number of rows of ${inputs} that fits behind row ${firstRow} of ${outputs}.`,
    );
  }
  if (values.length !== inputs * outputs || scales.length !== outputs) {
    throw new InvalidArgumentError(
      `The target holds ${values.length} values and ${scales.length} scales; ${inputs * outputs} and ${outputs} are needed.`,
    );
  }
  const inverses = rowInverses(rows, inputs, firstRow, scales);
  const tile = new Int8Array(side * side);
  for (let row = 0; row < count; row += side) {
    const height = Math.min(side, count - row);
    for (let column = 0; column < inputs; column += side) {
      const width = Math.min(side, inputs - column);
      quantizeTile(rows, inputs, row, column, height, width, inverses, tile);
      writeTile(tile, values, outputs, firstRow + row, column, height, width);
    }
  }
  return { values, scales };
}

/** Fills the scales of the given rows and returns their inverses (0 for a row of zeros). */
function rowInverses(rows: Float32Array, inputs: number, firstRow: number, scales: Float32Array): Float64Array {
  const inverses = new Float64Array(rows.length / inputs);
  for (let row = 0; row < inverses.length; row++) {
    const scale = Math.fround(rowScale(rows, row * inputs, inputs));
    if (!Number.isFinite(scale)) {
      throw new ModelLoadError(
        `Row ${firstRow + row} of the weights contains a value that is not finite. The checkpoint is damaged; download it again.`,
      );
    }
    scales[firstRow + row] = scale;
    inverses[row] = scale === 0 ? 0 : 1 / scale;
  }
  return inverses;
}

/** Largest magnitude of a row / 127; NaN when a weight is not finite. */
function rowScale(rows: Float32Array, start: number, inputs: number): number {
  let largest = 0;
  let check = 0;
  for (let index = start, end = start + inputs; index < end; index++) {
    const weight = rows[index]!;
    check += weight * 0;
    const magnitude = Math.abs(weight);
    if (magnitude > largest) largest = magnitude;
  }
  return largest / 127 + check;
}

/** Reads a tile along its rows, rounds, and stores it along its columns. */
function quantizeTile(
  rows: Float32Array,
  inputs: number,
  row: number,
  column: number,
  height: number,
  width: number,
  inverses: Float64Array,
  tile: Int8Array,
): void {
  for (let y = 0; y < height; y++) {
    const start = (row + y) * inputs + column;
    const inverse = inverses[row + y]!;
    for (let x = 0; x < width; x++) tile[x * side + y] = ((rows[start + x]! * inverse + 128.5) | 0) - 128;
  }
}

function writeTile(
  tile: Int8Array,
  values: Int8Array,
  outputs: number,
  row: number,
  column: number,
  height: number,
  width: number,
): void {
  for (let x = 0; x < width; x++) {
    const start = (column + x) * outputs + row;
    for (let y = 0; y < height; y++) values[start + y] = tile[x * side + y]!;
  }
}
