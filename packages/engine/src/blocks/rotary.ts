import type { GraphBuilder } from "../onnx/graph-builder.ts";
import type { Value } from "../onnx/onnx-graph.ts";

/** Cosines and sines of rotation angles, each row-major [positions, frequencies]. */
export interface RotaryTable {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

/**
 * Inverse frequencies θ^(−2k/d) for k = 0 … d/2−1, rounded to float32 as the reference computes them
 * (Su et al. 2021, arXiv:2104.09864).
 *
 * @param dimensions rotated dimensions d of one head
 */
export function inverseFrequencies(theta: number, dimensions: number): Float32Array {
  return Float32Array.from(
    { length: dimensions / 2 },
    (_, k) => 1 / Math.fround(theta ** Math.fround((2 * k) / dimensions)),
  );
}

/**
 * Fills a rotary table from angles position · inverse frequency, computed in float32 as the reference does.
 *
 * @param rows number of positions
 * @param frequencies inverse frequencies, one a column
 * @param positionOf position that turns column `column` of row `row`
 */
export function rotaryTable(
  rows: number,
  frequencies: Float32Array,
  positionOf: (row: number, column: number) => number,
): RotaryTable {
  const width = frequencies.length;
  const cos = new Float32Array(rows * width);
  const sin = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      const angle = Math.fround(positionOf(row, column) * frequencies[column]!);
      cos[row * width + column] = Math.cos(angle);
      sin[row * width + column] = Math.sin(angle);
    }
  }
  return { cos, sin };
}

/** Graph inputs with the angles of every token, each [batch, tokens, d/2] for d dimensions of a head that turn. */
export interface RotaryInputs {
  readonly cos: Value;
  readonly sin: Value;
}

/** What {@link rotate} needs beside the angles. */
export interface RotateOptions {
  readonly heads: number;
  /** Dimensions at the start of each head that turn, where not all do: twice the width of the angles. */
  readonly rotaryDims?: number | undefined;
  /** Name of the resulting edge, where it matters. */
  readonly output?: string;
}

/**
 * Rotates the heads of `x` pairwise over halves (element i with element i + d/2 of the d dimensions that turn).
 *
 * @param x [batch, tokens, heads·headDim]
 */
export function rotate(graph: GraphBuilder, x: Value, angles: RotaryInputs, options: RotateOptions): Value {
  const { heads, rotaryDims, output } = options;
  const attributes = { num_heads: heads, rotary_embedding_dim: rotaryDims };
  return graph.node("RotaryEmbedding", [x, angles.cos, angles.sin], attributes, output === undefined ? {} : { output });
}
