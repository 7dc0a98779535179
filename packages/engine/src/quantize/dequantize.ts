import { type BlockWiseFormat, type BlockWiseMatrix, blockWiseLengths } from "./block-wise.ts";
import type { PerColumnMatrix } from "./per-column.ts";

/**
 * The weights [rows, inputs] that a block-wise quantised matrix stands for: (value − 2^(bits−1)) · scale.
 *
 * @throws InvalidArgumentError for a format that cannot be quantised either
 */
export function dequantizeBlockWise(matrix: BlockWiseMatrix, format: BlockWiseFormat): Float32Array {
  const { inputs, bits, blockSize } = format;
  const { blocksPerRow, blockBytes } = blockWiseLengths(1, format);
  const rows = matrix.scales.length / blocksPerRow;
  const weights = new Float32Array(rows * inputs);
  for (let index = 0; index < weights.length; index++) {
    const row = Math.floor(index / inputs);
    const column = index - row * inputs;
    const block = row * blocksPerRow + Math.floor(column / blockSize);
    const within = column % blockSize;
    const byte = matrix.packed[block * blockBytes + (bits === 8 ? within : within >> 1)]!;
    const value = bits === 8 ? byte : (byte >> (4 * (within & 1))) & 15;
    weights[index] = (value - 2 ** (bits - 1)) * matrix.scales[block]!;
  }
  return weights;
}

/** The weights [outputs, inputs] that a per-column quantised matrix stands for: value · scale. */
export function dequantizePerColumn(matrix: PerColumnMatrix): Float32Array {
  const outputs = matrix.scales.length;
  const inputs = matrix.values.length / outputs;
  const weights = new Float32Array(matrix.values.length);
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      weights[output * inputs + input] = matrix.values[input * outputs + output]! * matrix.scales[output]!;
    }
  }
  return weights;
}
