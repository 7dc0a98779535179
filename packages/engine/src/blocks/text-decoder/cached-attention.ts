import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Value } from "../../onnx/onnx-graph.ts";
import { maskedAttention } from "../attention.ts";
import { headNorm } from "../head-norm.ts";
import { type LinearFormat, linear } from "../linear.ts";
import { type RotaryInputs, rotate } from "../rotary.ts";
import type { TextDecoderConfig } from "./text-decoder-config.ts";

/**
 * Graph inputs of a layer's attention for B sequences with S new tokens each: the angles [B, S, headDim/2] of the new
 * tokens and the mask [B, 1, S, P + S].
 */
export interface AttentionContext extends RotaryInputs {
  readonly mask: Value;
}

/**
 * Declares a mask [B, 1, S, P + S] that is added to the scores: `mask`, or another one for layers that see less.
 *
 * @param name of the graph input
 */
export function maskInput(graph: GraphBuilder, name = "mask"): Value {
  return graph.input(name, "float32", ["batch", 1, "tokens", "context"]);
}

/** Declares the inputs `cos` and `sin` [B, S, headDim/2] and `mask` [B, 1, S, P + S] of a decoder. */
export function attentionInputs(graph: GraphBuilder, headDim: number): AttentionContext {
  return {
    cos: graph.input("cos", "float32", ["batch", "tokens", headDim / 2]),
    sin: graph.input("sin", "float32", ["batch", "tokens", headDim / 2]),
    mask: maskInput(graph),
  };
}

/** What {@link cachedAttention} is built from. */
export interface CachedAttentionOptions {
  readonly text: Pick<TextDecoderConfig, "heads" | "kvHeads" | "headDim" | "qkNorm" | "epsilon">;
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
  const kvWidth = text.kvHeads * text.headDim;
  const parts = ["q_proj", "k_proj", "v_proj"].map((part) => `${prefix}.${part}`);
  const fused = linear(graph, weights, x, { parts, format });
  const sizes = graph.constant("int64", [3], [text.heads * text.headDim, kvWidth, kvWidth]);
  const outputs = [true, true, `present.${layer}.value`] as const;
  const [query, key, value] = graph.nodes("Split", [fused, sizes], { axis: -1 }, { outputs });
  const normed = (rows: Value, name: string): Value =>
    text.qkNorm ? headNorm(graph, weights, rows, `${prefix}.${name}.weight`, text) : rows;
  const rotatedKey = rotate(graph, normed(key, "k_norm"), inputs, text.kvHeads, `present.${layer}.key`);
  const states = {
    query: rotate(graph, normed(query, "q_norm"), inputs, text.heads),
    key: withPast(graph, rotatedKey, `past.${layer}.key`, kvWidth),
    value: withPast(graph, value, `past.${layer}.value`, kvWidth),
  };
  const attended = maskedAttention(graph, states, inputs.mask, { ...text, scale });
  return linear(graph, weights, attended, { parts: [`${prefix}.o_proj`], format });
}

/** Declares `rows` as an output and `past` as an input of the graph, and joins the two along the tokens. */
function withPast(graph: GraphBuilder, rows: Value, past: string, width: number): Value {
  graph.output(rows, rows, "float32", ["batch", "tokens", width]);
  return graph.node("Concat", [graph.input(past, "float32", ["batch", "past", width]), rows], { axis: 1 });
}
