import { ModelLoadError } from "@ocellus/core";
import type { WeightSource } from "../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../onnx/graph-builder.ts";
import type { Value } from "../onnx/onnx-graph.ts";

/** Shape of several [outputs, inputs] matrices stacked along the output axis. */
export interface MatrixShape {
  readonly outputs: number;
  readonly inputs: number;
}

/**
 * Shape of the stack of the named matrices. Axes after the first count as one (a patch convolution is a matrix).
 *
 * @throws ModelLoadError when a weight has fewer than two axes or the input widths differ
 */
export function stackedShape(weights: WeightSource, names: readonly string[]): MatrixShape {
  let outputs = 0;
  let inputs: number | undefined;
  for (const name of names) {
    const [rows, ...columns] = weights.shape(name);
    const width = columns.reduce((product, side) => product * side, 1);
    if (rows === undefined || columns.length === 0 || (inputs !== undefined && width !== inputs)) {
      throw new ModelLoadError(
        `Weight "${name}" has shape [${weights.shape(name).join(", ")}]; a matrix${inputs === undefined ? "" : ` with ${inputs} columns`} was expected. The checkpoint does not fit its config.json.`,
      );
    }
    outputs += rows;
    inputs = width;
  }
  return { outputs, inputs: inputs ?? 0 };
}

/** The rows of several matrices one after the other, in chunks of whole rows. */
export async function* stackedRows(
  weights: WeightSource,
  names: readonly string[],
  signal?: AbortSignal,
): AsyncIterable<Float32Array> {
  for (const name of names) yield* weights.rows(name, signal);
}

/**
 * The stacked bias vectors of several layers as one graph weight, zeros where a layer has none.
 *
 * @param biases canonical names of the bias vectors
 * @param matrices names of the weight matrices in the same order, which give the lengths
 * @returns undefined when no layer has a bias
 * @throws ModelLoadError when a bias is not as long as its matrix has rows
 */
export function stackedVector(
  graph: GraphBuilder,
  weights: WeightSource,
  biases: readonly string[],
  matrices: readonly string[],
): Value | undefined {
  if (!biases.some((name) => weights.has(name))) return undefined;
  const lengths = matrices.map((name) => weights.shape(name)[0]!);
  for (const [index, name] of biases.entries()) {
    if (!weights.has(name) || weights.shape(name)[0] === lengths[index]) continue;
    throw new ModelLoadError(
      `Weight "${name}" has ${weights.shape(name)[0]} values but its matrix has ${lengths[index]} rows. The checkpoint is damaged; download it again.`,
    );
  }
  const total = lengths.reduce((sum, length) => sum + length, 0);
  return graph.weight(biases.join("+"), {
    type: "float32",
    dims: [total],
    async *chunks(signal) {
      for (const [index, name] of biases.entries()) {
        const values = weights.has(name) ? await weights.read(name, signal) : new Float32Array(lengths[index]!);
        yield bytesOf(values);
      }
    },
  });
}

/** The bytes of a typed array, without copying. */
export function bytesOf(values: Float32Array | Int8Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
