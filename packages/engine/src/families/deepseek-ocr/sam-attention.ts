import { fullAttention } from "../../blocks/attention.ts";
import { type LinearFormat, linear } from "../../blocks/linear.ts";
import { vector } from "../../blocks/vector.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Value } from "../../onnx/onnx-graph.ts";
import type { SamConfig } from "./vision-config.ts";

/** The square that a run of tokens stands for, and the tables that its places need. */
export interface SquareTables {
  /** [1] cells along its side. */
  readonly side: Value;
  /** [side², entries] what picks the relative position of every pair of places on an axis. */
  readonly relativeTaps: Value;
  /** [side², 2 · side] ones at the line and at the column of every cell. */
  readonly keyCells: Value;
}

/** What {@link samAttention} is built from. */
export interface SamAttentionOptions {
  readonly sam: SamConfig;
  /** Canonical prefix of `qkv`, `rel_pos_h` and `rel_pos_w`. */
  readonly prefix: string;
  readonly tables: SquareTables;
  readonly format: LinearFormat;
}

/**
 * Attention of SAM's ViT without its output projection: softmax(q·k/√d + q·r(Δline) + q·r(Δcolumn))·v, with learned
 * relative positions r of lines and columns (Li et al. 2021, arXiv:2112.01526; specs/vlm.md B7).
 *
 * The two sums that depend on the query become further elements of the query, which ones at the line and at the column
 * of each key pick: so the scores of a large view never stand in memory, and no mask of that size is needed.
 *
 * @param x [squares, side², hidden]
 * @returns [squares, side², hidden]
 */
export function samAttention(
  graph: GraphBuilder,
  weights: WeightSource,
  x: Value,
  { sam, prefix, tables, format }: SamAttentionOptions,
): Value {
  const { hiddenSize, heads } = sam;
  const headDim = hiddenSize / heads;
  const { side } = tables;
  const integers = (...values: number[]): Value => graph.constant("int64", [values.length], values);
  const shape = (...parts: Value[]): Value => graph.node("Concat", parts, { axis: 0 });

  const fused = linear(graph, weights, x, { parts: [`${prefix}.qkv`], format });
  const widths = integers(hiddenSize, hiddenSize, hiddenSize);
  const [query, key, value] = graph.nodes("Split", [fused, widths], { axis: -1 }, { outputs: 3 });

  const square = shape(integers(-1), side, side, integers(heads, headDim));
  const queries = graph.node("Reshape", [query, square]);
  const along = (axis: "h" | "w", equation: string): Value => {
    const picked = graph.node("MatMul", [tables.relativeTaps, vector(graph, weights, `${prefix}.rel_pos_${axis}`)]);
    const positions = graph.node("Reshape", [picked, shape(side, side, integers(headDim))]);
    return graph.node("Einsum", [queries, positions], { equation });
  };
  const scaled = graph.node("Mul", [queries, graph.constant("float32", [1], [headDim ** -0.5])]);
  const extended = graph.node("Concat", [scaled, along("h", "brchd,rkd->brchk"), along("w", "brchd,ckd->brchk")], {
    axis: -1,
  });
  const rows = graph.node("Shape", [x], { start: 0, end: 2 });
  const flatten = (states: Value): Value => graph.node("Reshape", [states, shape(rows, integers(-1))]);

  const keys = graph.node("Reshape", [key, integers(0, 0, heads, headDim)]);
  const cells = graph.node("Unsqueeze", [tables.keyCells, integers(0, 2)]);
  const repeated = graph.node("Expand", [cells, shape(rows, integers(heads, 1))]);
  const extendedKeys = graph.node("Concat", [keys, repeated], { axis: -1 });
  const states = { query: flatten(extended), key: flatten(extendedKeys), value };
  return fullAttention(graph, states, heads, 1);
}
