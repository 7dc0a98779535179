import type { WeightSource } from "../checkpoint/weight-source.ts";
import { float } from "../onnx/attribute.ts";
import type { GraphBuilder } from "../onnx/graph-builder.ts";
import type { Value } from "../onnx/onnx-graph.ts";
import { vector } from "./vector.ts";

/**
 * RMSNorm: x / √(mean(x²) + ε) · weight over the last axis (Zhang & Sennrich 2019, arXiv:1910.07467).
 *
 * @param name canonical weight name, shape [width]
 */
export function rmsNorm(graph: GraphBuilder, weights: WeightSource, x: Value, name: string, epsilon: number): Value {
  const attributes = { axis: -1, epsilon: float(epsilon), stash_type: 1 };
  return graph.node("SimplifiedLayerNormalization", [x, vector(graph, weights, name)], attributes);
}

/** What {@link addRmsNorm} returns: the normalised sum, and the sum itself for the next residual connection. */
export interface NormedSum {
  readonly normed: Value;
  readonly sum: Value;
}

/** Residual addition and RMSNorm in one operator: `sum = x + residual`, `normed = rmsNorm(sum)`. */
export function addRmsNorm(
  graph: GraphBuilder,
  weights: WeightSource,
  x: Value,
  residual: Value,
  name: string,
  epsilon: number,
): NormedSum {
  const [normed, , , sum] = graph.nodes(
    "SkipSimplifiedLayerNormalization",
    [x, residual, vector(graph, weights, name)],
    { epsilon: float(epsilon) },
    { domain: "com.microsoft", outputs: [true, undefined, undefined, true] },
  );
  return { normed, sum };
}
