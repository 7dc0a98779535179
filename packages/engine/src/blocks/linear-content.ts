import type { WeightSource } from "../checkpoint/weight-source.ts";
import type { WeightContent } from "../onnx/onnx-graph.ts";
import { type BlockWiseFormat, blockWiseLengths, quantizeBlockWise } from "../quantize/block-wise.ts";
import { type PerColumnMatrix, quantizePerColumn } from "../quantize/per-column.ts";
import { transposeRows } from "../quantize/transpose.ts";
import { bytesOf, type MatrixShape, stackedRows } from "./stacked-weights.ts";

/** Integers of a quantised matrix and the scales that belong to them. */
export interface QuantizedContent {
  readonly integers: WeightContent;
  readonly scales: WeightContent;
}

/** Content for MatMulNBits. */
export interface BlockContent extends QuantizedContent {
  readonly bits: 4 | 8;
  readonly blockSize: number;
  /** Present when blocks have zero points of their own. */
  readonly zeroPoints?: WeightContent | undefined;
}

/** The stacked matrices as float32 [inputs, outputs], the layout of MatMul. */
export function transposedContent(weights: WeightSource, names: readonly string[], shape: MatrixShape): WeightContent {
  const { outputs, inputs } = shape;
  return {
    type: "float32",
    dims: [inputs, outputs],
    async *chunks(signal) {
      const transposed = new Float32Array(outputs * inputs);
      let firstRow = 0;
      for await (const rows of stackedRows(weights, names, signal)) {
        transposeRows(rows, { inputs, outputs, firstRow }, transposed);
        firstRow += rows.length / inputs;
      }
      yield bytesOf(transposed);
    },
  };
}

/** The stacked matrices as signed bytes [inputs, outputs] with a scale per output. */
export function columnWiseContent(
  weights: WeightSource,
  names: readonly string[],
  shape: MatrixShape,
): QuantizedContent {
  const { outputs, inputs } = shape;
  const quantize = async (signal?: AbortSignal): Promise<PerColumnMatrix> => {
    const matrix = { values: new Int8Array(outputs * inputs), scales: new Float32Array(outputs) };
    let firstRow = 0;
    for await (const rows of stackedRows(weights, names, signal)) {
      quantizePerColumn(rows, { inputs, outputs, firstRow }, matrix);
      firstRow += rows.length / inputs;
    }
    return matrix;
  };
  const scales = scalesOf([outputs], async (signal) => (await quantize(signal)).scales);
  return {
    scales: scales.content,
    integers: {
      type: "int8",
      dims: [inputs, outputs],
      pass: scales.content.pass,
      async *chunks(signal) {
        const matrix = await quantize(signal);
        scales.keep(matrix.scales);
        yield bytesOf(matrix.values);
      },
    },
  };
}

/** The stacked matrices as 8- or 4-bit blocks along the inputs, in the layout of MatMulNBits. */
export function blockWiseContent(
  weights: WeightSource,
  names: readonly string[],
  shape: MatrixShape,
  format: BlockWiseFormat,
): BlockContent {
  const { blocksPerRow, blockBytes } = blockWiseLengths(shape.outputs, format);
  const scales = scalesOf([shape.outputs * blocksPerRow], async (signal) => {
    const all = new Float32Array(shape.outputs * blocksPerRow);
    for await (const _ of quantize(all, signal));
    return all;
  });
  /** Yields the packed rows and fills `all` with their scales. */
  async function* quantize(all: Float32Array, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    let row = 0;
    for await (const rows of stackedRows(weights, names, signal)) {
      const count = rows.length / format.inputs;
      const packed = new Uint8Array(count * blocksPerRow * blockBytes);
      quantizeBlockWise(rows, format, { packed, scales: all.subarray(row * blocksPerRow) });
      row += count;
      yield packed;
    }
  }
  return {
    bits: format.bits,
    blockSize: format.blockSize,
    scales: scales.content,
    integers: {
      type: "uint8",
      dims: [shape.outputs, blocksPerRow, blockBytes],
      pass: scales.content.pass,
      async *chunks(signal) {
        const all = new Float32Array(shape.outputs * blocksPerRow);
        yield* quantize(all, signal);
        scales.keep(all);
      },
    },
  };
}

interface Scales {
  readonly content: WeightContent;
  /** Hands over the scales that writing the integers has yielded, so that the weights are read only once. */
  keep(scales: Float32Array): void;
}

/** Scales that are taken from the pass over the integers if that came first, else computed by a pass of their own. */
function scalesOf(dims: readonly number[], compute: (signal?: AbortSignal) => Promise<Float32Array>): Scales {
  let kept: Float32Array | undefined;
  return {
    keep: (scales) => {
      kept = scales;
    },
    content: {
      type: "float32",
      dims,
      pass: {},
      async *chunks(signal) {
        const scales = kept ?? (await compute(signal));
        kept = undefined;
        yield bytesOf(scales);
      },
    },
  };
}
