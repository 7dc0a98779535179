import type { WeightSource } from "../checkpoint/weight-source.ts";
import { float } from "../onnx/attribute.ts";
import type { GraphBuilder } from "../onnx/graph-builder.ts";
import type { Value } from "../onnx/onnx-graph.ts";
import { vector } from "./vector.ts";

/**
 * LayerNorm with weight and bias over the last axis (Ba et al. 2016, arXiv:1607.06450).
 *
 * @param name canonical module name, with `<name>.weight` and `<name>.bias` [width]
 */
export function layerNorm(graph: GraphBuilder, weights: WeightSource, x: Value, name: string, epsilon: number): Value {
  const inputs = [x, vector(graph, weights, `${name}.weight`), vector(graph, weights, `${name}.bias`)];
  return graph.node("LayerNormalization", inputs, { axis: -1, epsilon: float(epsilon) });
}
