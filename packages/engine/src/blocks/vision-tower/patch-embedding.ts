import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Value } from "../../onnx/onnx-graph.ts";
import { linear } from "../linear.ts";
import { vector } from "../vector.ts";

/** How square tiles become the rows of an encoder. */
export interface PatchEmbeddingOptions {
  /** Pixels along the side of a patch. */
  readonly patchSize: number;
  /** Patches of one tile. */
  readonly patches: number;
  readonly hiddenSize: number;
  /** Canonical module name of the patch convolution. */
  readonly projection: string;
  /** Canonical weight name of the position embeddings, [rows, hidden] with any leading axes of length 1. */
  readonly positions: string;
  /** Canonical weight name of the class token, which then is the first row. */
  readonly classToken?: string | undefined;
}

/**
 * Declares the input `pixel_values` [tiles · patches, 3 · patchSize²] and embeds it: patch convolution as a matrix
 * product, class token where there is one, learned positions.
 *
 * @returns [tiles, rows, hidden]
 */
export function patchEmbedding(graph: GraphBuilder, weights: WeightSource, options: PatchEmbeddingOptions): Value {
  const { patchSize, patches, hiddenSize, projection, positions, classToken } = options;
  const pixels = graph.input("pixel_values", "float32", ["patches", 3 * patchSize * patchSize]);
  const projected = linear(graph, weights, pixels, { parts: [projection], format: { kind: "float32" } });
  const shape = graph.constant("int64", [3], [-1, patches, hiddenSize]);
  let rows = graph.node("Reshape", [projected, shape]);
  if (classToken !== undefined) {
    const token = graph.node("Reshape", [
      vector(graph, weights, classToken),
      graph.constant("int64", [3], [1, 1, hiddenSize]),
    ]);
    const tiles = graph.node("Shape", [rows], { start: 0, end: 1 });
    const repeated = graph.node("Concat", [tiles, graph.constant("int64", [2], [1, hiddenSize])], { axis: 0 });
    rows = graph.node("Concat", [graph.node("Expand", [token, repeated]), rows], { axis: 1 });
  }
  const places = graph.node("Reshape", [
    vector(graph, weights, positions),
    graph.constant("int64", [3], [1, -1, hiddenSize]),
  ]);
  return graph.node("Add", [rows, places]);
}
