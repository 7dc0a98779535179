import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph, Value } from "../../onnx/onnx-graph.ts";
import { maskedAttention } from "../attention.ts";
import { gatedMlp } from "../gated-mlp.ts";
import { headNorm } from "../head-norm.ts";
import { type LinearFormat, linear } from "../linear.ts";
import { addRmsNorm, rmsNorm } from "../rms-norm.ts";
import { type RotaryInputs, rotate } from "../rotary.ts";
import type { TextDecoderConfig, TextDecoderNames } from "./text-decoder-config.ts";

/** What the decoder graph is built from. */
export interface TextDecoderOptions {
  readonly text: TextDecoderConfig;
  readonly names: TextDecoderNames;
  /** True when the output head is the token embedding. */
  readonly tiedEmbeddings: boolean;
  readonly format: LinearFormat;
  /**
   * Layers whose output is given more of the visual features (Qwen3-VL "deepstack"): the first so many. Their parts
   * stand behind the embedding in each row of `inputs_embeds`, zeros where a token is text.
   */
  readonly addedLayers?: number;
}

/**
 * A language model of the Llama lineage (Llama, Mistral, Qwen2, Qwen3) without its token embedding: RMSNorm before
 * grouped-query attention and gated MLP (specs/vlm.md B1 "Text block", C.6). Biases are added where the checkpoint has
 * them, queries and keys normed a head where `qkNorm` says so.
 *
 * Inputs, for S new tokens after P cached ones: `inputs_embeds` [1, S, hidden · (1 + addedLayers)]; `cos`, `sin`
 * [1, S, headDim/2]; `mask` [S, P + S] added to the scores; `past.<layer>.key|value` [1, P, kvHeads · headDim].
 * Outputs: `logits` [1, 1, vocab] of the last token; `present.<layer>.key|value` [1, S, kvHeads · headDim], the new
 * rows only, which the caller appends to its cache.
 */
export function textDecoderGraph(weights: WeightSource, options: TextDecoderOptions): OnnxGraph {
  const { text, names, tiedEmbeddings, format, addedLayers = 0 } = options;
  const graph = new GraphBuilder();
  const inputs: DecoderInputs = {
    cos: graph.input("cos", "float32", [1, "tokens", text.headDim / 2]),
    sin: graph.input("sin", "float32", [1, "tokens", text.headDim / 2]),
    mask: graph.input("mask", "float32", ["tokens", "context"]),
  };
  const rows = graph.input("inputs_embeds", "float32", [1, "tokens", text.hiddenSize * (1 + addedLayers)]);
  const [embedded, ...added] = partsOf(graph, rows, text.hiddenSize, addedLayers);
  let residual = embedded!;
  let normed = rmsNorm(graph, weights, residual, `${names.model}.layers.0.input_layernorm.weight`, text.epsilon);
  for (let layer = 0; layer < text.layers; layer++) {
    const name = `${names.model}.layers.${layer}`;
    const attended = attention(graph, weights, normed, { text, inputs, layer, prefix: `${name}.self_attn`, format });
    const postNorm = `${name}.post_attention_layernorm.weight`;
    const middle = addRmsNorm(graph, weights, attended, residual, postNorm, text.epsilon);
    const mlp = { prefix: `${name}.mlp`, width: text.intermediateSize, act: text.hiddenAct, format };
    const last = layer + 1 === text.layers;
    const nextNorm = last ? `${names.model}.norm.weight` : `${names.model}.layers.${layer + 1}.input_layernorm.weight`;
    const hidden = gatedMlp(graph, weights, middle.normed, mlp);
    const more = added[layer];
    const output = more === undefined ? hidden : graph.node("Add", [hidden, more]);
    ({ normed, sum: residual } = addRmsNorm(graph, weights, output, middle.sum, nextNorm, text.epsilon));
  }

  const index = (value: number): Value => graph.constant("int64", [1], [value]);
  const end = graph.constant("int64", [1], [Number.MAX_SAFE_INTEGER]);
  const lastToken = graph.node("Slice", [normed, index(-1), end, index(1)]);
  const head = tiedEmbeddings ? `${names.model}.embed_tokens` : names.head;
  graph.output(linear(graph, weights, lastToken, { parts: [head], format }), "logits", "float32", [
    1,
    1,
    text.vocabSize,
  ]);
  return graph.finish();
}

/** The embeddings, then what is added behind each of the first layers. */
function partsOf(graph: GraphBuilder, rows: Value, width: number, addedLayers: number): readonly Value[] {
  if (addedLayers === 0) return [rows];
  const parts = 1 + addedLayers;
  const sizes = graph.constant("int64", [parts], new Array<number>(parts).fill(width));
  return graph.nodes("Split", [rows, sizes], { axis: -1 }, { outputs: parts });
}

interface DecoderInputs extends RotaryInputs {
  readonly mask: Value;
}

interface LayerOptions {
  readonly text: TextDecoderConfig;
  readonly inputs: DecoderInputs;
  readonly layer: number;
  /** Canonical prefix of the projections. */
  readonly prefix: string;
  readonly format: LinearFormat;
}

/** Grouped-query self-attention over the cache and the new tokens. Returns [1, S, hidden]. */
function attention(graph: GraphBuilder, weights: WeightSource, x: Value, options: LayerOptions): Value {
  const { text, inputs, layer, prefix, format } = options;
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
  const attended = maskedAttention(graph, states, inputs.mask, text);
  return linear(graph, weights, attended, { parts: [`${prefix}.o_proj`], format });
}

/** Declares `rows` as an output and `past` as an input of the graph, and joins the two along the tokens. */
function withPast(graph: GraphBuilder, rows: Value, past: string, width: number): Value {
  graph.output(rows, rows, "float32", [1, "tokens", width]);
  return graph.node("Concat", [graph.input(past, "float32", [1, "past", width]), rows], { axis: 1 });
}
