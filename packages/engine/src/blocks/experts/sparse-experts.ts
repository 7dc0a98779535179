import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Value } from "../../onnx/onnx-graph.ts";
import { onnxTypeCode } from "../../onnx/onnx-type.ts";
import { gatedMlp, gatedProduct } from "../gated-mlp.ts";
import { type LinearFormat, linear } from "../linear.ts";
import type { ExpertsConfig } from "./experts-config.ts";

/** What {@link sparseExperts} is built from. */
export interface SparseExpertsOptions {
  readonly experts: ExpertsConfig;
  /** Canonical prefix of `gate` (the router) and `experts`. */
  readonly prefix: string;
  readonly hiddenSize: number;
  /** `hidden_act` of the experts. */
  readonly act: string;
  readonly format: LinearFormat;
}

/**
 * The sparse feed-forward layer of a mixture of experts (Shazeer et al. 2017, arXiv:1701.06538; specs/vlm.md B2, B3):
 * Σ over the `perToken` likeliest experts e of softmax(router·x)ₑ · downₑ(act(gateₑ·x) ⊙ upₑ·x), plus the shared expert.
 *
 * Tokens are sorted by expert, and each expert is a product of its own with the rows that it was given, mostly none:
 * products without rows cost nothing. On a processor this is far faster than the operators `MoE` and, above all,
 * `QMoE`, which expand integer weights before they multiply. The router is computed in float32 at every precision.
 *
 * @param x [B, S, hidden]
 * @returns [B, S, hidden]
 */
export function sparseExperts(
  graph: GraphBuilder,
  weights: WeightSource,
  x: Value,
  options: SparseExpertsOptions,
): Value {
  const { experts, prefix, hiddenSize, act } = options;
  const format = expertFormat(options.format);
  const rows = graph.node("Reshape", [x, integers(graph, [-1, hiddenSize])]);
  const { chosen, shares } = routed(graph, weights, rows, options);
  const sorted = sortedByExpert(graph, chosen, experts);
  const given = graph.node("Gather", [rows, sorted.tokens], { axis: 0 });
  const inner = perExpert(graph, given, sorted, (part, expert) => {
    const name = `${prefix}.experts.${expert}`;
    const isFused = weights.has(`${name}.gate_up_proj.weight`);
    const parts = isFused ? [`${name}.gate_up_proj`] : [`${name}.gate_proj`, `${name}.up_proj`];
    return linear(graph, weights, part, { parts, format });
  });
  const product = gatedProduct(graph, inner, { width: experts.width, act });
  const outputs = perExpert(graph, product, sorted, (part, expert) =>
    linear(graph, weights, part, { parts: [`${prefix}.experts.${expert}.down_proj`], format }),
  );
  const returned = graph.node("Gather", [outputs, sorted.places], { axis: 0 });
  const perToken = graph.node("Reshape", [returned, integers(graph, [-1, experts.perToken, hiddenSize])]);
  const scaled = graph.node("Mul", [perToken, graph.node("Unsqueeze", [shares, integers(graph, [2])])]);
  const sum = graph.node("ReduceSum", [scaled, integers(graph, [1])], { keepdims: 0 });
  const mixed = graph.node("Reshape", [sum, graph.node("Shape", [x])]);
  return experts.shared === undefined ? mixed : graph.node("Add", [mixed, sharedExpert(graph, weights, x, options)]);
}

/** Columns are for many rows at once, of which an expert has few, and take several operators a product. */
function expertFormat(format: LinearFormat): LinearFormat {
  return format.kind === "column" ? { kind: "block", bits: 8, blockSize: 128 } : format;
}

/** The experts of every token and their shares of its output, both [tokens, perToken]. */
function routed(
  graph: GraphBuilder,
  weights: WeightSource,
  rows: Value,
  { experts, prefix }: SparseExpertsOptions,
): { readonly chosen: Value; readonly shares: Value } {
  const logits = linear(graph, weights, rows, { parts: [`${prefix}.gate`], format: { kind: "float32" } });
  const probabilities = graph.node("Softmax", [logits], { axis: -1 });
  const count = integers(graph, [experts.perToken]);
  const [likeliest, chosen] = graph.nodes("TopK", [probabilities, count], { axis: -1 }, { outputs: 2 });
  const total = (): Value => graph.node("ReduceSum", [likeliest, integers(graph, [-1])], { keepdims: 1 });
  const shares = experts.isNormalized ? graph.node("Div", [likeliest, total()]) : likeliest;
  const { scale = 1 } = experts;
  return {
    chosen,
    shares: scale === 1 ? shares : graph.node("Mul", [shares, graph.constant("float32", [1], [scale])]),
  };
}

interface SortedRows {
  /** [tokens · perToken] the token of every row, rows of one expert following each other. */
  readonly tokens: Value;
  /** [experts] rows of each expert. */
  readonly counts: Value;
  readonly experts: number;
  /** [tokens · perToken] where the row of every token and choice went. */
  readonly places: Value;
}

function sortedByExpert(graph: GraphBuilder, chosen: Value, { count, perToken }: ExpertsConfig): SortedRows {
  const flat = graph.node("Reshape", [chosen, integers(graph, [-1])]);
  const length = graph.node("Shape", [flat]);
  /** The order that sorts `values` ascending. */
  const ascending = (values: Value): Value =>
    graph.nodes("TopK", [values, length], { axis: 0, largest: 0 }, { outputs: 2 })[1];
  const order = ascending(flat);
  const all = graph.constant(
    "int64",
    [1, count],
    Array.from({ length: count }, (_, expert) => expert),
  );
  const column = graph.node("Reshape", [flat, integers(graph, [-1, 1])]);
  const matches = graph.node("Cast", [graph.node("Equal", [column, all])], { to: onnxTypeCode.int64 });
  return {
    tokens: graph.node("Div", [order, integers(graph, [perToken])]),
    experts: count,
    counts: graph.node("ReduceSum", [matches, integers(graph, [0])], { keepdims: 0 }),
    places: ascending(order),
  };
}

/** Splits sorted rows into those of each expert, applies `layer`, and joins the results. */
function perExpert(
  graph: GraphBuilder,
  rows: Value,
  { counts, experts }: SortedRows,
  layer: (part: Value, expert: number) => Value,
): Value {
  const parts = graph.nodes("Split", [ofUnknownShape(graph, rows), counts], { axis: 0 }, { outputs: experts });
  return graph.node("Concat", parts.map(layer), { axis: 0 });
}

/**
 * The same rows, of which ONNX Runtime cannot tell beforehand how many axes they have. Otherwise it compares the shape of
 * every expert's rows with those of all others to find memory to use again: minutes for some thousand experts.
 */
function ofUnknownShape(graph: GraphBuilder, rows: Value): Value {
  const shape = graph.node("Shape", [rows]);
  // Both lengths of the shape, cut by a number that is 2 but comes out only while running.
  const two = graph.node("Min", [
    graph.node("Add", [graph.node("ReduceMax", [shape]), integers(graph, [2])]),
    integers(graph, [2]),
  ]);
  const both = graph.node("Slice", [shape, integers(graph, [0]), graph.node("Reshape", [two, integers(graph, [1])])]);
  return graph.node("Reshape", [rows, both]);
}

/** shared(x), scaled a token where it has a gate. */
function sharedExpert(
  graph: GraphBuilder,
  weights: WeightSource,
  x: Value,
  { experts, prefix, act, format }: SparseExpertsOptions,
): Value {
  const { module, gate } = experts.shared!;
  const output = gatedMlp(graph, weights, x, { prefix: `${prefix}.${module}`, act, format });
  if (gate === undefined) return output;
  const logit = linear(graph, weights, x, { parts: [`${prefix}.${gate}`], format: { kind: "float32" } });
  return graph.node("Mul", [output, graph.node("Sigmoid", [logit])]);
}

function integers(graph: GraphBuilder, values: readonly number[]): Value {
  return graph.constant("int64", [values.length], values);
}
