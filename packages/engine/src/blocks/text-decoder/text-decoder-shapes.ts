import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { NamedShape } from "../named-shapes.ts";
import { projection } from "../named-shapes.ts";
import { feedForwardShapes } from "./feed-forward.ts";
import type { TextDecoderOptions } from "./text-decoder-graph.ts";

/** The tensors that the decoder graph reads; biases only where the checkpoint has them. */
export function* textDecoderShapes(
  weights: WeightSource,
  { text, names, tiedEmbeddings }: Pick<TextDecoderOptions, "text" | "names" | "tiedEmbeddings">,
): Generator<NamedShape> {
  const { hiddenSize, heads, kvHeads, headDim } = text;
  yield [`${names.model}.embed_tokens.weight`, [text.vocabSize, hiddenSize]];
  for (let layer = 0; layer < text.layers; layer++) {
    const prefix = `${names.model}.layers.${layer}`;
    yield [`${prefix}.input_layernorm.weight`, [hiddenSize]];
    yield* projection(weights, `${prefix}.self_attn.q_proj`, heads * headDim, hiddenSize);
    yield* projection(weights, `${prefix}.self_attn.k_proj`, kvHeads * headDim, hiddenSize);
    yield* projection(weights, `${prefix}.self_attn.v_proj`, kvHeads * headDim, hiddenSize);
    yield* projection(weights, `${prefix}.self_attn.o_proj`, hiddenSize, heads * headDim);
    if (text.qkNorm) {
      yield [`${prefix}.self_attn.q_norm.weight`, [headDim]];
      yield [`${prefix}.self_attn.k_norm.weight`, [headDim]];
    }
    yield [`${prefix}.post_attention_layernorm.weight`, [hiddenSize]];
    yield* feedForwardShapes(weights, { text, layer, prefix: `${prefix}.mlp` });
  }
  yield [`${names.model}.norm.weight`, [hiddenSize]];
  if (!tiedEmbeddings) yield [`${names.head}.weight`, [text.vocabSize, hiddenSize]];
}
