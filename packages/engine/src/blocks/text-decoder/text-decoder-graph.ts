import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph, Value } from "../../onnx/onnx-graph.ts";
import type { LinearFormat } from "../linear.ts";
import { addRmsNorm, rmsNorm } from "../rms-norm.ts";
import { type AttentionContext, attentionInputs, cachedAttention } from "./cached-attention.ts";
import { feedForward } from "./feed-forward.ts";
import { scoredRows, scoreLogits } from "./score-logits.ts";
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
  /** What mixes the tokens of a layer; attention over all past tokens when absent. */
  readonly mix?: TokenMixer;
}

/**
 * Adds the part of a layer that mixes tokens, between its two norms.
 *
 * @param x [B, S, hidden]
 * @param options `prefix` is the canonical name of the layer
 * @returns [B, S, hidden]
 */
export type TokenMixer = (
  graph: GraphBuilder,
  x: Value,
  options: { readonly layer: number; readonly prefix: string; readonly inputs: AttentionContext },
) => Value;

/**
 * A language model of the Llama lineage (Llama, Mistral, Qwen2, Qwen3) without its token embedding: RMSNorm before
 * grouped-query attention and gated MLP or mixture of experts (specs/vlm.md B1 "Text block", C.6). Biases are added
 * where the checkpoint has them, queries and keys normed a head where `qkNorm` says so.
 *
 * Inputs, for B sequences with S new tokens after P cached ones: `inputs_embeds` [B, S, hidden · (1 + addedLayers)];
 * `cos`, `sin` [B, S, rotaryDims/2]; `mask` [B, 1, S, P + S] added to the scores; `past.<layer>.key|value`
 * [B, P, kvHeads · headDim]; `scored` [scored], places of tokens. Outputs: `logits` [B, scored, vocab] of those tokens;
 * `present.<layer>.key|value` [B, S, kvHeads · headDim], the new rows only, which the caller appends to its cache.
 * Shorter sequences are padded and the mask hides the padding.
 */
export function textDecoderGraph(weights: WeightSource, decoder: TextDecoderOptions): OnnxGraph {
  const { text, names, tiedEmbeddings, format, addedLayers = 0 } = decoder;
  const mix: TokenMixer =
    decoder.mix ??
    ((graph, x, { layer, prefix, inputs }) =>
      cachedAttention(graph, weights, x, { text, inputs, layer, prefix: `${prefix}.self_attn`, format }));
  const graph = new GraphBuilder();
  const inputs = attentionInputs(graph, text, format);
  const pick = scoredRows(graph, text.layers);
  const rows = graph.input("inputs_embeds", "float32", ["batch", "tokens", text.hiddenSize * (1 + addedLayers)]);
  const [embedded, ...added] = partsOf(graph, rows, text.hiddenSize, addedLayers);
  let residual = embedded!;
  let normed = rmsNorm(graph, weights, residual, `${names.model}.layers.0.input_layernorm.weight`, text.epsilon);
  for (let layer = 0; layer < text.layers; layer++) {
    const name = `${names.model}.layers.${layer}`;
    const mixed = mix(graph, normed, { layer, prefix: name, inputs });
    const postNorm = `${name}.post_attention_layernorm.weight`;
    const middle = addRmsNorm(graph, weights, pick(mixed, layer), pick(residual, layer), postNorm, text.epsilon);
    const isLast = layer + 1 === text.layers;
    const nextNorm = isLast
      ? `${names.model}.norm.weight`
      : `${names.model}.layers.${layer + 1}.input_layernorm.weight`;
    const hidden = feedForward(graph, weights, middle.normed, { text, layer, prefix: `${name}.mlp`, format });
    const more = added[layer];
    const output = more === undefined ? hidden : graph.node("Add", [hidden, pick(more, layer)]);
    ({ normed, sum: residual } = addRmsNorm(graph, weights, output, middle.sum, nextNorm, text.epsilon));
  }

  const head = tiedEmbeddings ? `${names.model}.embed_tokens` : names.head;
  scoreLogits(graph, weights, normed, { head, format, vocabSize: text.vocabSize });
  return graph.finish();
}

/** The embeddings, then what is added behind each of the first layers. */
function partsOf(graph: GraphBuilder, rows: Value, width: number, addedLayers: number): readonly Value[] {
  if (addedLayers === 0) return [rows];
  const parts = 1 + addedLayers;
  const sizes = graph.constant("int64", [parts], new Array<number>(parts).fill(width));
  return graph.nodes("Split", [rows, sizes], { axis: -1 }, { outputs: parts });
}
