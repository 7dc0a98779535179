import type { WeightSource } from "../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../onnx/graph-builder.ts";
import type { Value } from "../onnx/onnx-graph.ts";
import { rmsNorm } from "./rms-norm.ts";

/**
 * RMSNorm of every head by itself, with one weight vector for all (the query and key norms of Qwen3).
 *
 * @param x [batch, tokens, heads · headDim]
 * @param name canonical weight name, shape [headDim]
 */
export function headNorm(
  graph: GraphBuilder,
  weights: WeightSource,
  x: Value,
  name: string,
  { headDim, epsilon }: { readonly headDim: number; readonly epsilon: number },
): Value {
  const heads = graph.node("Reshape", [x, graph.constant("int64", [4], [0, 0, -1, headDim])]);
  const normed = rmsNorm(graph, weights, heads, name, epsilon);
  return graph.node("Reshape", [normed, graph.constant("int64", [3], [0, 0, -1])]);
}
