import { float } from "../onnx/attribute.ts";
import type { GraphBuilder } from "../onnx/graph-builder.ts";
import type { Value } from "../onnx/onnx-graph.ts";

/** Queries, keys and values, each [batch, tokens, heads · headDim]; keys and values may have fewer heads. */
export interface AttentionInputs {
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
}

/**
 * Scaled dot-product attention with an additive mask (ai.onnx Attention-23). Holds the scores of the whole call in
 * memory, and keys and values once for each head of the queries.
 *
 * @param mask broadcastable to [batch, heads, queries, keys]; 0 where allowed, very negative elsewhere
 * @param options `kvHeads` is `heads` when absent, `scale` of the scores 1 / √headDim
 * @returns [batch, queries, heads · headDim]
 */
export function maskedAttention(
  graph: GraphBuilder,
  { query, key, value }: AttentionInputs,
  mask: Value,
  options: { readonly heads: number; readonly kvHeads?: number; readonly scale?: number | undefined },
): Value {
  const { heads, kvHeads = heads, scale } = options;
  const attributes = { q_num_heads: heads, kv_num_heads: kvHeads, scale: scale === undefined ? scale : float(scale) };
  return graph.node("Attention", [query, key, value, mask], attributes);
}

/** Heads of a grouped-query attention (Ainslie et al. 2023, arXiv:2305.13245). */
export interface GroupedHeads {
  readonly heads: number;
  /** Divides `heads`: so many queries in a row share a key. */
  readonly kvHeads: number;
  readonly headDim: number;
}

/**
 * Grouped-query attention with an additive mask, for few tokens and many keys. The queries of a group go as so many
 * tokens: given to the operator as heads, it would copy all keys and values for each of them (measured with 2000 cached
 * tokens and one new one, 16 heads on 2: 3 to 5 times slower; 304 tokens without cached ones take a quarter longer).
 *
 * @param states queries with `heads` heads, keys and values with `kvHeads`
 * @param mask [batch, 1, queries · heads / kvHeads, keys] as {@link groupedMask} makes it
 * @returns [batch, queries, heads · headDim]
 */
export function groupedAttention(
  graph: GraphBuilder,
  { query, key, value }: AttentionInputs,
  mask: Value,
  options: GroupedHeads & { readonly scale?: number | undefined },
): Value {
  const { heads, kvHeads, headDim, scale } = options;
  const group = heads / kvHeads;
  const swap = (x: Value, first: number, second: number): Value =>
    graph.node("Transpose", [graph.node("Reshape", [x, shape(graph, 0, -1, first, second, headDim)])], {
      perm: [0, 1, 3, 2, 4],
    });
  const queries = graph.node("Reshape", [swap(query, kvHeads, group), shape(graph, 0, -1, kvHeads * headDim)]);
  const attended = maskedAttention(graph, { query: queries, key, value }, mask, { heads: kvHeads, scale });
  return graph.node("Reshape", [swap(attended, group, kvHeads), shape(graph, 0, -1, heads * headDim)]);
}

/** Repeats every row of a mask [batch, 1, queries, keys] for the queries of a group. */
export function groupedMask(graph: GraphBuilder, mask: Value, { heads, kvHeads }: GroupedHeads): Value {
  const group = shape(graph, 1, 1, 1, heads / kvHeads, 1);
  const repeated = graph.node("Expand", [graph.node("Unsqueeze", [mask, shape(graph, 3)]), group]);
  const keys = graph.node("Shape", [mask], { start: 3 });
  return graph.node("Reshape", [repeated, graph.node("Concat", [shape(graph, 0, 0, -1), keys], { axis: 0 })]);
}

function shape(graph: GraphBuilder, ...dims: number[]): Value {
  return graph.constant("int64", [dims.length], dims);
}

/**
 * Bidirectional attention of every token to every other of its batch row (com.microsoft MultiHeadAttention). Without
 * a mask ONNX Runtime computes it in tiles, so that the scores of a large picture never stand in memory.
 *
 * @param scale of the scores; 1 / √headDim when absent
 * @returns [batch, tokens, heads · headDim]
 */
export function fullAttention(
  graph: GraphBuilder,
  { query, key, value }: AttentionInputs,
  heads: number,
  scale?: number,
): Value {
  const attributes = { num_heads: heads, scale: scale === undefined ? scale : float(scale) };
  return graph.node("MultiHeadAttention", [query, key, value], attributes, { domain: "com.microsoft" });
}
