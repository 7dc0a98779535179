import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { float } from "../../onnx/attribute.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Value } from "../../onnx/onnx-graph.ts";
import { activation } from "../activation.ts";
import { type LinearFormat, linear } from "../linear.ts";
import { vector } from "../vector.ts";
import { convolvedWidth, type DeltaNetConfig, deltaNetStates } from "./delta-net-config.ts";

/** What {@link gatedDeltaNet} is built from. */
export interface GatedDeltaNetOptions {
  readonly config: DeltaNetConfig;
  /** Number among the layers of this kind, which names its state. */
  readonly place: number;
  /** Canonical prefix of the projections. */
  readonly prefix: string;
  readonly format: LinearFormat;
}

const microsoft = { domain: "com.microsoft" };

/**
 * Linear attention by the gated delta rule (Yang et al. 2024, arXiv:2412.06464; specs/vlm.md B3 "Gated DeltaNet"): a
 * short causal convolution, then per head an associative memory S that decays and is corrected towards each new value:
 * S ← eᵍS; S ← S + k(β(v − Sᵀk))ᵀ; output Sᵀq, normed and gated.
 *
 * Declares the inputs `past.<state>` and outputs `present.<state>` of {@link deltaNetStates}. The two narrow projections
 * that decide how much is forgotten and written are computed in float32 at every precision.
 *
 * @param x [B, S, hidden]
 * @returns [B, S, hidden]
 */
export function gatedDeltaNet(
  graph: GraphBuilder,
  weights: WeightSource,
  x: Value,
  options: GatedDeltaNetOptions,
): Value {
  const { config, prefix, format } = options;
  const { keyHeads, valueHeads, keyDim, valueDim, epsilon } = config;
  const valueWidth = valueHeads * valueDim;
  const keyWidth = keyHeads * keyDim;
  const split = (rows: Value, sizes: readonly number[]): readonly Value[] =>
    graph.nodes(
      "Split",
      [rows, graph.constant("int64", [sizes.length], sizes)],
      { axis: -1 },
      { outputs: sizes.length },
    );

  const wide = linear(graph, weights, x, { parts: [`${prefix}.in_proj_qkv`, `${prefix}.in_proj_z`], format });
  const [mixed, gate] = split(wide, [convolvedWidth(config), valueWidth]);
  const [query, key, value] = split(convolved(graph, weights, mixed!, options), [keyWidth, keyWidth, valueWidth]);
  const { decay, beta } = forgetting(graph, weights, x, options);

  const { name, dims } = deltaNetStates(config, options.place).memory;
  const past = graph.input(`past.${name}`, "float32", ["batch", ...dims.slice(1)]);
  // One over the root of the key's width scales the query; both are brought to length 1 before.
  const unitQuery = unitHeads(graph, query!, { width: keyDim, length: keyDim ** -0.5 });
  const unitKey = unitHeads(graph, key!, { width: keyDim, length: 1 });
  const attributes = {
    ...{ q_num_heads: keyHeads, kv_num_heads: valueHeads },
    ...{ update_rule: "gated_delta", scale: float(1) },
  };
  const [read, memory] = graph.nodes("LinearAttention", [unitQuery, unitKey, value!, past, decay, beta], attributes, {
    ...microsoft,
    outputs: [true, `present.${name}`],
  });
  graph.output(memory, memory, "float32", ["batch", ...dims.slice(1)]);
  const normInputs = [read, vector(graph, weights, `${prefix}.norm.weight`), gate!];
  const normed = graph.node("GatedRMSNorm", normInputs, { epsilon: float(epsilon) }, microsoft);
  return linear(graph, weights, normed, { parts: [`${prefix}.out_proj`], format });
}

/** The causal convolution of every channel over the last tokens, and the activation behind it. */
function convolved(graph: GraphBuilder, weights: WeightSource, rows: Value, options: GatedDeltaNetOptions): Value {
  const { config, place, prefix } = options;
  const { name, dims } = deltaNetStates(config, place).convolution;
  const channelsFirst = graph.node("Transpose", [rows], { perm: [0, 2, 1] });
  const past = graph.input(`past.${name}`, "float32", ["batch", ...dims.slice(1)]);
  const inputs = [channelsFirst, vector(graph, weights, `${prefix}.conv1d.weight`), undefined, past];
  const [outputs, present] = graph.nodes(
    "CausalConvWithState",
    inputs,
    { ndim: 1, activation: "none" },
    {
      ...microsoft,
      outputs: [true, `present.${name}`],
    },
  );
  graph.output(present, present, "float32", ["batch", ...dims.slice(1)]);
  return activation(graph, config.act, graph.node("Transpose", [outputs], { perm: [0, 2, 1] }));
}

/** g = −e^A · softplus(a + dt), the logarithm of what remains of the memory, and β = sigmoid(b), what is written; [B, S, valueHeads]. */
function forgetting(
  graph: GraphBuilder,
  weights: WeightSource,
  x: Value,
  { config, prefix }: GatedDeltaNetOptions,
): { readonly decay: Value; readonly beta: Value } {
  const parts = [`${prefix}.in_proj_a`, `${prefix}.in_proj_b`];
  const narrow = linear(graph, weights, x, { parts, format: { kind: "float32" } });
  const sizes = graph.constant("int64", [2], [config.valueHeads, config.valueHeads]);
  const [a, b] = graph.nodes("Split", [narrow, sizes], { axis: -1 }, { outputs: 2 });
  const rate = graph.node("Neg", [graph.node("Exp", [vector(graph, weights, `${prefix}.A_log`)])]);
  const inputs = [a, vector(graph, weights, `${prefix}.dt_bias`), rate, b];
  const [decay, beta] = graph.nodes("LinearAttentionGate", inputs, {}, { ...microsoft, outputs: 2 });
  return { decay, beta };
}

/**
 * Brings every head to a length: x · length / √(Σx² + 10⁻⁶), as an RMSNorm with ε = 10⁻⁶ / width.
 *
 * @param rows [B, S, heads · width]
 */
function unitHeads(
  graph: GraphBuilder,
  rows: Value,
  { width, length }: { readonly width: number; readonly length: number },
): Value {
  const heads = graph.node("Reshape", [rows, graph.constant("int64", [4], [0, 0, -1, width])]);
  const scale = graph.constant("float32", [width], new Array<number>(width).fill(length * width ** -0.5));
  const attributes = { axis: -1, epsilon: float(1e-6 / width), stash_type: 1 };
  const normed = graph.node("SimplifiedLayerNormalization", [heads, scale], attributes);
  return graph.node("Reshape", [normed, graph.constant("int64", [3], [0, 0, -1])]);
}
