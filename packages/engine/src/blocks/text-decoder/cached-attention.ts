import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Value } from "../../onnx/onnx-graph.ts";
import { type GroupedHeads, groupedAttention, groupedMask, maskedAttention } from "../attention.ts";
import { headNorm } from "../head-norm.ts";
import { type LinearFormat, linear } from "../linear.ts";
import { type RotaryInputs, rotate } from "../rotary.ts";
import type { TextDecoderConfig } from "./text-decoder-config.ts";

/** What the layers' attention shares, for B sequences with S new tokens each: the angles [B, S, headDim/2] and a mask. */
export interface AttentionContext extends RotaryInputs {
  /** As {@link maskInput} returns it. */
  readonly mask: Value;
}

/**
 * Whether the queries of a group go as tokens ({@link groupedAttention}): not in the copy for prompts, whose weights are
 * columns.
 */
function attendsInGroups({ heads, kvHeads }: GroupedHeads, format: LinearFormat): boolean {
  return heads > kvHeads && format.kind !== "column";
}

/**
 * Declares a mask [B, 1, S, P + S] that is added to the scores: `mask`, or another one for layers that see less.
 *
 * @param format of the projections around the attention
 * @param name of the graph input
 * @returns the mask as {@link cachedAttention} takes it
 */
export function maskInput(graph: GraphBuilder, heads: GroupedHeads, format: LinearFormat, name = "mask"): Value {
  const mask = graph.input(name, "float32", ["batch", 1, "tokens", "context"]);
  return attendsInGroups(heads, format) ? groupedMask(graph, mask, heads) : mask;
}

/** Declares the inputs `cos` and `sin` [B, S, rotaryDims/2] and `mask` [B, 1, S, P + S] of a decoder. */
export function attentionInputs(
  graph: GraphBuilder,
  text: GroupedHeads & Pick<TextDecoderConfig, "rotaryDims">,
  format: LinearFormat,
): AttentionContext {
  const { rotaryDims = text.headDim } = text;
  return {
    cos: graph.input("cos", "float32", ["batch", "tokens", rotaryDims / 2]),
    sin: graph.input("sin", "float32", ["batch", "tokens", rotaryDims / 2]),
    mask: maskInput(graph, text, format),
  };
}

/** Sizes and kind of an attention layer. */
export interface AttentionConfig
  extends Pick<TextDecoderConfig, "heads" | "kvHeads" | "headDim" | "qkNorm" | "epsilon" | "rotaryDims"> {
  /** Whether `q_proj` gives a gate behind each head's query, whose sigmoid scales what the head returns (Qwen3.5). */
  readonly isGated?: boolean;
}

/** What {@link cachedAttention} is built from. */
export interface CachedAttentionOptions {
  readonly text: AttentionConfig;
  readonly inputs: AttentionContext;
  /** Number of the layer, which names its part of the cache. */
  readonly layer: number;
  /** Canonical prefix of the projections. */
  readonly prefix: string;
  readonly format: LinearFormat;
  /** Factor of the scores; 1 / √headDim when absent. */
  readonly scale?: number | undefined;
}

/**
 * Grouped-query self-attention over P cached and S new tokens: declares the inputs `past.<layer>.key|value`
 * [B, P, kvHeads · headDim] and the outputs `present.<layer>.key|value` with the new rows (specs/vlm.md C.6).
 *
 * @param x [B, S, hidden]
 * @returns [B, S, hidden]
 */
export function cachedAttention(
  graph: GraphBuilder,
  weights: WeightSource,
  x: Value,
  options: CachedAttentionOptions,
): Value {
  const { text, inputs, layer, prefix, format, scale } = options;
  const { heads, kvHeads, headDim, rotaryDims, isGated = false } = text;
  const kvWidth = kvHeads * headDim;
  const parts = ["q_proj", "k_proj", "v_proj"].map((part) => `${prefix}.${part}`);
  const fused = linear(graph, weights, x, { parts, format });
  const sizes = graph.constant("int64", [3], [heads * headDim * (isGated ? 2 : 1), kvWidth, kvWidth]);
  const outputs = [true, true, `present.${layer}.value`] as const;
  const [projected, key, value] = graph.nodes("Split", [fused, sizes], { axis: -1 }, { outputs });
  const { query, gate } = isGated ? gatedQuery(graph, projected, headDim) : { query: projected, gate: undefined };
  const normed = (rows: Value, name: string): Value =>
    text.qkNorm ? headNorm(graph, weights, rows, `${prefix}.${name}.weight`, text) : rows;
  const keyOptions = { heads: kvHeads, rotaryDims, output: `present.${layer}.key` };
  const rotatedKey = rotate(graph, normed(key, "k_norm"), inputs, keyOptions);
  const states = {
    query: rotate(graph, normed(query, "q_norm"), inputs, { heads, rotaryDims }),
    key: withPast(graph, rotatedKey, `past.${layer}.key`, kvWidth),
    value: withPast(graph, value, `past.${layer}.value`, kvWidth),
  };
  const attend = attendsInGroups(text, format) ? groupedAttention : maskedAttention;
  const attended = attend(graph, states, inputs.mask, { heads, kvHeads, headDim, scale });
  const scaled = gate === undefined ? attended : graph.node("Mul", [attended, graph.node("Sigmoid", [gate])]);
  return linear(graph, weights, scaled, { parts: [`${prefix}.o_proj`], format });
}

/** Takes queries and gates apart: [B, S, heads · 2 · headDim] → two of [B, S, heads · headDim]. */
function gatedQuery(
  graph: GraphBuilder,
  projected: Value,
  headDim: number,
): { readonly query: Value; readonly gate: Value } {
  const split = graph.node("Reshape", [projected, graph.constant("int64", [4], [0, 0, -1, 2 * headDim])]);
  const sizes = graph.constant("int64", [2], [headDim, headDim]);
  const joined = graph.constant("int64", [3], [0, 0, -1]);
  const [query, gate] = graph.nodes("Split", [split, sizes], { axis: -1 }, { outputs: 2 });
  return { query: graph.node("Reshape", [query, joined]), gate: graph.node("Reshape", [gate, joined]) };
}

/** Declares `rows` as an output and `past` as an input of the graph, and joins the two along the tokens. */
function withPast(graph: GraphBuilder, rows: Value, past: string, width: number): Value {
  graph.output(rows, rows, "float32", ["batch", "tokens", width]);
  return graph.node("Concat", [graph.input(past, "float32", ["batch", "past", width]), rows], { axis: 1 });
}
