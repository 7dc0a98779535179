import { deltaNetShapes } from "../../blocks/delta-net/delta-net-shapes.ts";
import { expectShapes, type NamedShape, projection } from "../../blocks/named-shapes.ts";
import { visionShapes } from "../../blocks/qwen3-vision/vision-shapes.ts";
import { feedForwardShapes } from "../../blocks/text-decoder/feed-forward.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { Qwen35Config, Qwen35TextConfig } from "./config.ts";
import { textNames } from "./weight-names.ts";

/**
 * Compares every tensor that the graphs use with config.json (names and shapes: specs/vlm.md B3).
 *
 * @throws ModelLoadError naming the first tensor that is missing or has another shape
 */
export function checkWeights(config: Qwen35Config, weights: WeightSource, tiedEmbeddings: boolean): void {
  expectShapes(weights, textShapes(weights, config.text, tiedEmbeddings));
  expectShapes(weights, visionShapes(config.vision, weights));
}

function* textShapes(weights: WeightSource, text: Qwen35TextConfig, tiedEmbeddings: boolean): Generator<NamedShape> {
  const { hiddenSize, vocabSize } = text;
  yield [`${textNames.model}.embed_tokens.weight`, [vocabSize, hiddenSize]];
  for (const [layer, type] of text.layerTypes.entries()) {
    const prefix = `${textNames.model}.layers.${layer}`;
    yield [`${prefix}.input_layernorm.weight`, [hiddenSize]];
    if (type === "full_attention") yield* attentionShapes(weights, `${prefix}.self_attn`, text);
    else yield* deltaNetShapes(`${prefix}.linear_attn`, text.deltaNet);
    yield [`${prefix}.post_attention_layernorm.weight`, [hiddenSize]];
    yield* feedForwardShapes(weights, { text, layer, prefix: `${prefix}.mlp` });
  }
  yield [`${textNames.model}.norm.weight`, [hiddenSize]];
  if (!tiedEmbeddings) yield [`${textNames.head}.weight`, [vocabSize, hiddenSize]];
}

function* attentionShapes(
  weights: WeightSource,
  prefix: string,
  { heads, kvHeads, headDim, hiddenSize }: Qwen35TextConfig,
): Generator<NamedShape> {
  // The gate of each head stands behind its query.
  yield* projection(weights, `${prefix}.q_proj`, heads * 2 * headDim, hiddenSize);
  yield* projection(weights, `${prefix}.k_proj`, kvHeads * headDim, hiddenSize);
  yield* projection(weights, `${prefix}.v_proj`, kvHeads * headDim, hiddenSize);
  yield* projection(weights, `${prefix}.o_proj`, hiddenSize, heads * headDim);
  yield [`${prefix}.q_norm.weight`, [headDim]];
  yield [`${prefix}.k_norm.weight`, [headDim]];
}
