import { maskedAttention } from "../../blocks/attention.ts";
import { gatedMlp } from "../../blocks/gated-mlp.ts";
import { type LinearFormat, linear } from "../../blocks/linear.ts";
import { addRmsNorm, rmsNorm } from "../../blocks/rms-norm.ts";
import { type RotaryInputs, rotate } from "../../blocks/rotary.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph, Value } from "../../onnx/onnx-graph.ts";
import type { Qwen25TextConfig } from "./config.ts";

/** What the decoder graph is built from. */
export interface DecoderGraphOptions {
  readonly text: Qwen25TextConfig;
  /** True when the output head is the token embedding. */
  readonly tiedEmbeddings: boolean;
  readonly format: LinearFormat;
}

/**
 * The language model without its token embedding (specs/vlm.md B1 "Text block", C.6).
 *
 * Inputs, for S new tokens after P cached ones: `inputs_embeds` [1, S, hidden]; `cos`, `sin` [1, S, headDim/2];
 * `mask` [S, P + S] added to the scores; `past.<layer>.key|value` [1, P, kvHeads · headDim].
 * Outputs: `logits` [1, 1, vocab] of the last token; `present.<layer>.key|value` [1, S, kvHeads · headDim], the new
 * rows only, which the caller appends to its cache.
 */
export function decoderGraph(weights: WeightSource, options: DecoderGraphOptions): OnnxGraph {
  const { text, tiedEmbeddings, format } = options;
  const graph = new GraphBuilder();
  const inputs: DecoderInputs = {
    cos: graph.input("cos", "float32", [1, "tokens", text.headDim / 2]),
    sin: graph.input("sin", "float32", [1, "tokens", text.headDim / 2]),
    mask: graph.input("mask", "float32", ["tokens", "context"]),
  };
  let residual = graph.input("inputs_embeds", "float32", [1, "tokens", text.hiddenSize]);
  const prefix = "model.language_model";
  let normed = rmsNorm(graph, weights, residual, `${prefix}.layers.0.input_layernorm.weight`, text.epsilon);
  for (let layer = 0; layer < text.layers; layer++) {
    const name = `${prefix}.layers.${layer}`;
    const attended = attention(graph, weights, normed, { text, inputs, layer, format });
    const postNorm = `${name}.post_attention_layernorm.weight`;
    const middle = addRmsNorm(graph, weights, attended, residual, postNorm, text.epsilon);
    const mlp = { prefix: `${name}.mlp`, width: text.intermediateSize, act: text.hiddenAct, format };
    const last = layer + 1 === text.layers;
    const nextNorm = last ? `${prefix}.norm.weight` : `${prefix}.layers.${layer + 1}.input_layernorm.weight`;
    const hidden = gatedMlp(graph, weights, middle.normed, mlp);
    ({ normed, sum: residual } = addRmsNorm(graph, weights, hidden, middle.sum, nextNorm, text.epsilon));
  }

  const index = (value: number): Value => graph.constant("int64", [1], [value]);
  const end = graph.constant("int64", [1], [Number.MAX_SAFE_INTEGER]);
  const lastToken = graph.node("Slice", [normed, index(-1), end, index(1)]);
  const head = tiedEmbeddings ? `${prefix}.embed_tokens` : "lm_head";
  graph.output(linear(graph, weights, lastToken, { parts: [head], format }), "logits", "float32", [
    1,
    1,
    text.vocabSize,
  ]);
  return graph.finish();
}

interface DecoderInputs extends RotaryInputs {
  readonly mask: Value;
}

interface LayerOptions {
  readonly text: Qwen25TextConfig;
  readonly inputs: DecoderInputs;
  readonly layer: number;
  readonly format: LinearFormat;
}

/** Grouped-query self-attention over the cache and the new tokens. Returns [1, S, hidden]. */
function attention(graph: GraphBuilder, weights: WeightSource, x: Value, options: LayerOptions): Value {
  const { text, inputs, layer, format } = options;
  const prefix = `model.language_model.layers.${layer}.self_attn`;
  const kvWidth = text.kvHeads * text.headDim;
  const parts = ["q_proj", "k_proj", "v_proj"].map((part) => `${prefix}.${part}`);
  const fused = linear(graph, weights, x, { parts, format });
  const sizes = graph.constant("int64", [3], [text.heads * text.headDim, kvWidth, kvWidth]);
  const outputs = [true, true, `present.${layer}.value`] as const;
  const [query, key, value] = graph.nodes("Split", [fused, sizes], { axis: -1 }, { outputs });
  const rotatedKey = rotate(graph, key, inputs, text.kvHeads, `present.${layer}.key`);
  const states = {
    query: rotate(graph, query, inputs, text.heads),
    key: withPast(graph, rotatedKey, `past.${layer}.key`, kvWidth),
    value: withPast(graph, value, `past.${layer}.value`, kvWidth),
  };
  const attended = maskedAttention(graph, states, inputs.mask, text);
  return linear(graph, weights, attended, { parts: [`${prefix}.o_proj`], format });
}

/** Declares `rows` as an output and `past` as an input of the graph, and joins the two along the tokens. */
function withPast(graph: GraphBuilder, rows: Value, past: string, width: number): Value {
  graph.output(rows, rows, "float32", [1, "tokens", width]);
  return graph.node("Concat", [graph.input(past, "float32", [1, "past", width]), rows], { axis: 1 });
}
