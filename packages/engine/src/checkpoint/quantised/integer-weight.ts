import type { BlockRows, StoredBlocks } from "../stored-blocks.ts";
import type { StoredWeight } from "../stored-weight.ts";
import { decodedWeight, rowsAtOnce } from "./decoded-weight.ts";

/** A matrix of evenly spaced levels: W[o, i] = (level[o, i] − zero[o, g]) · scale[o, g] with g the group of input i. */
export interface IntegerLayout {
  readonly shape: readonly [outputs: number, inputs: number];
  readonly bits: number;
  readonly groups: number;
  /** Group of every input; undefined when groups are neighbours of equal length. */
  readonly groupOf: Int32Array | undefined;
  /** True when zero points may differ from 2^(bits−1). */
  readonly hasZeroPoints: boolean;
  /** Reads scales and zero points, and what else all rows need. */
  open(): IntegerRows;
}

/** An open {@link IntegerLayout}. */
export interface IntegerRows {
  /** [outputs, groups]. */
  readonly scales: Float32Array;
  /** [outputs, groups]; undefined when all are 2^(bits−1). */
  readonly zeros: Uint8Array | undefined;
  /** Levels [count, inputs] of rows from `first` on. */
  levels(first: number, count: number): Uint8Array;
}

/** Blocks that MatMulNBits computes rightly, the fastest first. */
const blockSizes = [128, 64, 32, 256, 16] as const;

/** The layout as float32 and, where MatMulNBits can hold exactly the same values, as its blocks. */
export function integerWeight(layout: IntegerLayout): StoredWeight {
  const { shape, groups, groupOf } = layout;
  const [, inputs] = shape;
  const groupSize = Math.ceil(inputs / groups);
  const weight = decodedWeight(shape, () => {
    const { scales, zeros, levels } = layout.open();
    const zeroAt = zeros === undefined ? () => 2 ** (layout.bits - 1) : (index: number) => zeros[index]!;
    const groupAt = groupOf ?? Int32Array.from({ length: inputs }, (_, input) => Math.floor(input / groupSize));
    const rowZeros = new Float64Array(groups);
    return (first, count, target) => {
      const values = levels(first, count);
      for (let row = 0; row < count; row++) {
        const start = (first + row) * groups;
        for (let group = 0; group < groups; group++) rowZeros[group] = zeroAt(start + group);
        for (let input = 0; input < inputs; input++) {
          const group = groupAt[input]!;
          const at = row * inputs + input;
          target[at] = (values[at]! - rowZeros[group]!) * scales[start + group]!;
        }
      }
    };
  });
  const blocks = losslessBlocks(layout, groupSize);
  return blocks === undefined ? weight : { ...weight, blocks };
}

/** The same levels, scales and zero points in blocks that divide the groups; undefined when there are none. */
function losslessBlocks(layout: IntegerLayout, groupSize: number): StoredBlocks | undefined {
  const { bits, shape, groups } = layout;
  // With one group a row the last block may be shorter; otherwise blocks must end where groups do.
  const blockSize = blockSizes.find((size) => groups === 1 || groupSize % size === 0);
  if ((bits !== 4 && bits !== 8) || layout.groupOf !== undefined || blockSize === undefined) return undefined;
  return {
    bits,
    blockSize,
    hasZeroPoints: layout.hasZeroPoints,
    async *rows(signal) {
      const rows = layout.open();
      const step = rowsAtOnce(shape);
      for (let first = 0; first < shape[0]; first += step) {
        signal?.throwIfAborted();
        yield packRows(layout, rows, { first, count: Math.min(step, shape[0] - first), blockSize });
      }
    },
  };
}

function packRows(
  { shape, bits, groups, hasZeroPoints }: IntegerLayout,
  { scales, zeros, levels }: IntegerRows,
  { first, count, blockSize }: { readonly first: number; readonly count: number; readonly blockSize: number },
): BlockRows {
  const [, inputs] = shape;
  const perRow = Math.ceil(inputs / blockSize);
  const groupSize = Math.ceil(inputs / groups);
  const blockScales = new Float32Array(count * perRow);
  const blockZeros = new Uint8Array(hasZeroPoints ? count * perRow : 0);
  for (let block = 0; block < blockScales.length; block++) {
    const row = Math.floor(block / perRow);
    const group = (first + row) * groups + Math.floor(((block - row * perRow) * blockSize) / groupSize);
    blockScales[block] = scales[group]!;
    if (hasZeroPoints) blockZeros[block] = zeros === undefined ? 2 ** (bits - 1) : zeros[group]!;
  }
  const padded = padRows(levels(first, count), inputs, perRow * blockSize);
  return {
    packed: packLevels(padded, bits, perRow * blockSize),
    scales: blockScales,
    zeroPoints: hasZeroPoints ? packLevels(blockZeros, bits, perRow) : blockZeros,
  };
}

function padRows(levels: Uint8Array, inputs: number, width: number): Uint8Array {
  if (inputs === width) return levels;
  const padded = new Uint8Array((levels.length / inputs) * width);
  for (let row = 0; row * inputs < levels.length; row++) {
    padded.set(levels.subarray(row * inputs, (row + 1) * inputs), row * width);
  }
  return padded;
}

/** Rows of levels as bytes: 8-bit ones as they are, two 4-bit ones in a byte, a row's last byte filled up. */
function packLevels(levels: Uint8Array, bits: number, width: number): Uint8Array {
  if (bits === 8) return levels;
  const bytes = Math.ceil(width / 2);
  const packed = new Uint8Array((levels.length / width) * bytes);
  for (let index = 0; index < packed.length; index++) {
    const row = Math.floor(index / bytes);
    const column = 2 * (index - row * bytes);
    const high = column + 1 < width ? levels[row * width + column + 1]! : 0;
    packed[index] = levels[row * width + column]! | (high << 4);
  }
  return packed;
}
