import { InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import { eightBitScale, packEightBit } from "./eight-bit-block.ts";
import { fourBitScale, packFourBit } from "./four-bit-block.ts";
import { withBits } from "./weight-bits.ts";

/** How the rows of a matrix are cut into blocks with a scale each. */
export interface BlockWiseFormat {
  /** Length K of a row. */
  readonly inputs: number;
  readonly bits: 4 | 8;
  /** Weights that share a scale: 16, 32, 64, 128 or 256. The last block of a row may be shorter. */
  readonly blockSize: number;
}

/** Rows in the layout of com.microsoft.MatMulNBits; with b = ceil(K / blockSize) blocks a row. */
export interface BlockWiseMatrix {
  /** [rows, b, blockSize · bits / 8]; 4-bit values lie two in a byte, the first in the low half. */
  readonly packed: Uint8Array;
  /** [rows · b]; a weight is (value − 2^(bits−1)) · scale. */
  readonly scales: Float32Array;
}

/** Lengths of the two arrays of `rows` quantised rows. */
export interface BlockWiseLengths {
  /** Blocks in each row. */
  readonly blocksPerRow: number;
  /** Bytes of each block. */
  readonly blockBytes: number;
  readonly packed: number;
  readonly scales: number;
}

const blockSizes: readonly number[] = [16, 32, 64, 128, 256];

/**
 * Lengths of the arrays that hold `rows` rows in a format.
 *
 * @throws InvalidArgumentError for a block size or bit width that MatMulNBits does not compute rightly
 */
export function blockWiseLengths(rows: number, format: BlockWiseFormat): BlockWiseLengths {
  const { inputs, bits, blockSize } = format;
  if (!blockSizes.includes(blockSize)) {
    throw new InvalidArgumentError(`Block size ${blockSize} is not supported; use one of ${blockSizes.join(", ")}.`);
  }
  if (bits !== 4 && bits !== 8) throw new InvalidArgumentError(`${bits} bits are not supported; use 4 or 8.`);
  if (!Number.isSafeInteger(inputs) || inputs < 1) {
    throw new InvalidArgumentError(`A row must hold at least one weight, not ${inputs}.`);
  }
  const blocksPerRow = Math.ceil(inputs / blockSize);
  const blockBytes = (blockSize * bits) / 8;
  return { blocksPerRow, blockBytes, packed: rows * blocksPerRow * blockBytes, scales: rows * blocksPerRow };
}

/**
 * Quantises whole rows symmetrically, block by block, for com.microsoft.MatMulNBits without zero points. Rows are
 * independent, so a large matrix can be quantised in chunks of rows and the results joined.
 *
 * 8 bits: scale = largest magnitude / 127. 4 bits: the scale with the smallest squared error among a few around
 * signed maximum / −8, see {@link fourBitScale}.
 *
 * @param rows [rows, K] row-major
 * @param target arrays to fill, at least as long as {@link blockWiseLengths} says; new ones when left out
 * @throws InvalidArgumentError when `rows` holds no whole number of rows or a target is too short
 * @throws ModelLoadError when a weight is NaN or infinite
 */
export function quantizeBlockWise(
  rows: Float32Array,
  format: BlockWiseFormat,
  target?: BlockWiseMatrix,
): BlockWiseMatrix {
  const { inputs, bits, blockSize } = format;
  const count = rows.length / inputs;
  const lengths = blockWiseLengths(count, format);
  if (!Number.isInteger(count)) {
    throw new InvalidArgumentError(`${rows.length} weights are no whole number of rows of ${inputs}.`);
  }
  const packed = target?.packed ?? new Uint8Array(lengths.packed);
  const scales = target?.scales ?? new Float32Array(lengths.scales);
  if (packed.length < lengths.packed || scales.length < lengths.scales) {
    throw new InvalidArgumentError(
      `The target has room for ${packed.length} bytes and ${scales.length} scales; ${lengths.packed} and ${lengths.scales} are needed.`,
    );
  }
  const findScale = bits === 4 ? fourBitScale : eightBitScale;
  const pack = bits === 4 ? packFourBit : packEightBit;
  const { blocksPerRow, blockBytes } = lengths;
  const whole = Math.floor(inputs / blockSize);
  const all = withBits(rows);
  const padded = withBits(new Float32Array(blockSize));
  for (let block = 0; block < lengths.scales; block++) {
    const row = Math.floor(block / blocksPerRow);
    const index = block - row * blocksPerRow;
    const start = row * inputs + index * blockSize;
    let source = all;
    let from = start;
    if (index === whole) {
      copyTail(rows, start, (row + 1) * inputs, padded.weights);
      source = padded;
      from = 0;
    }
    const scale = Math.fround(findScale(source, from, blockSize));
    if (!Number.isFinite(scale)) throw notFinite(row);
    scales[block] = scale;
    pack(source.weights, from, blockSize, scale, packed, block * blockBytes);
  }
  return { packed, scales };
}

/** The last, shorter block of a row; what lies behind it in `padded` is zero and stays so. */
function copyTail(rows: Float32Array, start: number, end: number, padded: Float32Array): void {
  for (let index = start; index < end; index++) padded[index - start] = rows[index]!;
}

function notFinite(row: number): ModelLoadError {
  return new ModelLoadError(
    `Row ${row} of the weights contains a value that is not finite (or too large to quantise). The checkpoint is damaged; download it again.`,
  );
}
