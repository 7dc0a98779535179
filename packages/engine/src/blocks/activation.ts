import { ModelLoadError } from "@ocellus/core";
import { float } from "../onnx/attribute.ts";
import type { GraphBuilder } from "../onnx/graph-builder.ts";
import type { Value } from "../onnx/onnx-graph.ts";

const microsoft = { domain: "com.microsoft" };

type Apply = (graph: GraphBuilder, x: Value) => Value;

/** `hidden_act` names of config.json files and the operator that computes each. */
const activations: Readonly<Record<string, Apply>> = {
  // x·sigmoid(x)
  silu: (graph, x) => graph.node("QuickGelu", [x], { alpha: float(1) }, microsoft),
  // x·sigmoid(1.702·x)
  quick_gelu: (graph, x) => graph.node("QuickGelu", [x], { alpha: float(1.702) }, microsoft),
  // ½x(1+erf(x/√2))
  gelu: (graph, x) => graph.node("Gelu", [x], { approximate: "none" }),
  gelu_pytorch_tanh: (graph, x) => graph.node("Gelu", [x], { approximate: "tanh" }),
};

/**
 * Applies the activation function that a config.json names.
 *
 * @param name value of `hidden_act` (silu, gelu, gelu_pytorch_tanh, quick_gelu)
 * @throws ModelLoadError for a name that is not supported
 */
export function activation(graph: GraphBuilder, name: string, x: Value): Value {
  const apply = Object.hasOwn(activations, name) ? activations[name] : undefined;
  if (apply === undefined) {
    throw new ModelLoadError(
      `hidden_act "${name}" in config.json is not supported. Supported: ${Object.keys(activations).join(", ")}.`,
    );
  }
  return apply(graph, x);
}
