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
 * Scaled dot-product attention with an additive mask (ai.onnx Attention-23), for grouped-query decoders and masked
 * windows. Holds the scores of the whole call in memory.
 *
 * @param mask broadcastable to [batch, heads, queries, keys]; 0 where allowed, very negative elsewhere
 * @param options `scale` of the scores is 1 / √headDim when absent
 * @returns [batch, queries, heads · headDim]
 */
export function maskedAttention(
  graph: GraphBuilder,
  { query, key, value }: AttentionInputs,
  mask: Value,
  options: { readonly heads: number; readonly kvHeads: number; readonly scale?: number | undefined },
): Value {
  const { heads, kvHeads, scale } = options;
  const attributes = { q_num_heads: heads, kv_num_heads: kvHeads, scale: scale === undefined ? scale : float(scale) };
  return graph.node("Attention", [query, key, value, mask], attributes);
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
