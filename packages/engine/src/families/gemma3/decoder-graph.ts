import { gatedMlp } from "../../blocks/gated-mlp.ts";
import type { LinearFormat } from "../../blocks/linear.ts";
import { llavaText } from "../../blocks/llava/llava-names.ts";
import { addRmsNorm, rmsNorm } from "../../blocks/rms-norm.ts";
import { type AttentionContext, cachedAttention, maskInput } from "../../blocks/text-decoder/cached-attention.ts";
import { scoredRows, scoreLogits } from "../../blocks/text-decoder/score-logits.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph, Value } from "../../onnx/onnx-graph.ts";
import type { Gemma3TextConfig } from "./config.ts";

/**
 * The language model of Gemma 3: norms in front of and behind attention and feed-forward layer, and layers of two kinds,
 * each with a rotation and a mask of its own (arXiv:2503.19786).
 *
 * Inputs and outputs as those of `textDecoderGraph`, but for `cos` and `sin` [B, S, headDim], whose first half is for
 * layers that see everything and whose second half for those with a window, and `sliding_mask` [B, 1, S, P + S] for the
 * latter where there are any.
 */
export function decoderGraph(
  text: Gemma3TextConfig,
  weights: WeightSource,
  { format, tiedEmbeddings }: { readonly format: LinearFormat; readonly tiedEmbeddings: boolean },
): OnnxGraph {
  const { model, head } = llavaText;
  const graph = new GraphBuilder();
  const contexts = attentionContexts(graph, text, format);
  const pick = scoredRows(graph, text.layers);
  let residual = graph.input("inputs_embeds", "float32", ["batch", "tokens", text.hiddenSize]);
  const layerNorm = (layer: number, name: string): string => `${model}.layers.${layer}.${name}_layernorm.weight`;
  let normed = rmsNorm(graph, weights, residual, layerNorm(0, "input"), text.epsilon);
  for (const [layer, type] of text.layerTypes.entries()) {
    const prefix = `${model}.layers.${layer}`;
    const attended = cachedAttention(graph, weights, normed, {
      ...{ text, layer, format, inputs: contexts[type], prefix: `${prefix}.self_attn`, scale: text.scoreScale },
    });
    const behindAttention = rmsNorm(
      graph,
      weights,
      pick(attended, layer),
      layerNorm(layer, "post_attention"),
      text.epsilon,
    );
    const inFront = layerNorm(layer, "pre_feedforward");
    const middle = addRmsNorm(graph, weights, behindAttention, pick(residual, layer), inFront, text.epsilon);
    const mlp = { prefix: `${prefix}.mlp`, width: text.intermediateSize, act: text.hiddenAct, format };
    const hidden = gatedMlp(graph, weights, middle.normed, mlp);
    const behind = rmsNorm(graph, weights, hidden, layerNorm(layer, "post_feedforward"), text.epsilon);
    const next = layer + 1 === text.layers ? `${model}.norm.weight` : layerNorm(layer + 1, "input");
    ({ normed, sum: residual } = addRmsNorm(graph, weights, behind, middle.sum, next, text.epsilon));
  }
  const output = tiedEmbeddings ? `${model}.embed_tokens` : head;
  scoreLogits(graph, weights, normed, { head: output, format, vocabSize: text.vocabSize });
  return graph.finish();
}

function attentionContexts(
  graph: GraphBuilder,
  text: Gemma3TextConfig,
  format: LinearFormat,
): Readonly<Record<"full_attention" | "sliding_attention", AttentionContext>> {
  const { headDim, slidingWindow } = text;
  const halves = (name: string): readonly Value[] =>
    graph.nodes(
      "Split",
      [graph.input(name, "float32", ["batch", "tokens", headDim])],
      { axis: -1, num_outputs: 2 },
      { outputs: 2 },
    );
  const [[cos, localCos], [sin, localSin]] = [halves("cos"), halves("sin")];
  const mask = maskInput(graph, text, format);
  const localMask = slidingWindow === undefined ? mask : maskInput(graph, text, format, "sliding_mask");
  return {
    full_attention: { cos: cos!, sin: sin!, mask },
    sliding_attention: { cos: localCos!, sin: localSin!, mask: localMask },
  };
}
