import type { WeightSource } from "../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../onnx/graph-builder.ts";
import type { Value } from "../onnx/onnx-graph.ts";
import { activation } from "./activation.ts";
import { type LinearFormat, linear, linearParts } from "./linear.ts";

/**
 * Gated feed-forward layer: down(act(gate·x) ⊙ up·x) (SwiGLU when `act` is silu; Shazeer 2020, arXiv:2002.05202).
 *
 * @param prefix canonical prefix of `gate_proj`, `up_proj` and `down_proj`
 */
export function gatedMlp(
  graph: GraphBuilder,
  weights: WeightSource,
  x: Value,
  options: { readonly prefix: string; readonly act: string; readonly format: LinearFormat },
): Value {
  const { prefix, act, format } = options;
  const parts = [`${prefix}.gate_proj`, `${prefix}.up_proj`];
  const [gate, up] = linearParts(graph, weights, x, { parts, format });
  const product = graph.node("Mul", [activation(graph, act, gate!), up]);
  return linear(graph, weights, product, { parts: [`${prefix}.down_proj`], format });
}

/**
 * act(gate) ⊙ up.
 *
 * @param both [..., 2 · width]: gate, then up
 * @returns [..., width]
 */
export function gatedProduct(
  graph: GraphBuilder,
  both: Value,
  { width, act }: { readonly width: number; readonly act: string },
): Value {
  const sizes = graph.constant("int64", [2], [width, width]);
  const [gate, up] = graph.nodes("Split", [both, sizes], { axis: -1 }, { outputs: 2 });
  return graph.node("Mul", [activation(graph, act, gate), up]);
}
