import { InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import { largestMagnitude, withBits } from "./weight-bits.ts";

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
  const tile = new Int32Array((side * side) / 4);
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
  const source = withBits(rows);
  const inverses = new Float64Array(rows.length / inputs);
  for (let row = 0; row < inverses.length; row++) {
    const scale = Math.fround(largestMagnitude(source, row * inputs, inputs) / 127);
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

/**
 * Reads a tile along its rows, rounds, and stores it along its columns, the bytes of four rows in a word. Behind the last
 * row it is filled with that row.
 */
function quantizeTile(
  rows: Float32Array,
  inputs: number,
  row: number,
  column: number,
  height: number,
  width: number,
  inverses: Float64Array,
  tile: Int32Array,
): void {
  const last = inverses.length - 1;
  for (let y = 0; y < height; y += 4) {
    const row0 = row + y;
    const row1 = Math.min(row0 + 1, last);
    const row2 = Math.min(row0 + 2, last);
    const row3 = Math.min(row0 + 3, last);
    const start0 = row0 * inputs + column;
    const start1 = row1 * inputs + column;
    const start2 = row2 * inputs + column;
    const start3 = row3 * inputs + column;
    const inverse0 = inverses[row0]!;
    const inverse1 = inverses[row1]!;
    const inverse2 = inverses[row2]!;
    const inverse3 = inverses[row3]!;
    for (let x = 0; x < width; x++) {
      // 1 … 255: rounded and moved by 128, which the exclusive or takes back.
      const byte0 = (rows[start0 + x]! * inverse0 + 128.5) | 0;
      const byte1 = (rows[start1 + x]! * inverse1 + 128.5) | 0;
      const byte2 = (rows[start2 + x]! * inverse2 + 128.5) | 0;
      const byte3 = (rows[start3 + x]! * inverse3 + 128.5) | 0;
      tile[(x * side + y) >> 2] = (byte0 | (byte1 << 8) | (byte2 << 16) | (byte3 << 24)) ^ 0x80808080;
    }
  }
}

/** Writes a tile to its place, in words where they lie on word boundaries. */
function writeTile(
  tile: Int32Array,
  values: Int8Array,
  outputs: number,
  row: number,
  column: number,
  height: number,
  width: number,
): void {
  const isInWords = (values.byteOffset | outputs | row | height) % 4 === 0;
  const source = isInWords ? tile : new Int8Array(tile.buffer, tile.byteOffset, tile.byteLength);
  const target = isInWords ? new Int32Array(values.buffer, values.byteOffset, values.length / 4) : values;
  const size = isInWords ? 4 : 1;
  const [pitch, run] = [outputs / size, height / size];
  for (let x = 0; x < width; x++) {
    const from = (x * side) / size;
    const to = (column + x) * pitch + row / size;
    for (let y = 0; y < run; y++) target[to + y] = source[from + y]!;
  }
}
