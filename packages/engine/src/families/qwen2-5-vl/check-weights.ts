import { expectShape, type WeightSource } from "../../checkpoint/weight-source.ts";
import type { Qwen25TextConfig, Qwen25VisionConfig, Qwen25VlConfig } from "./config.ts";

type Shapes = Generator<readonly [name: string, shape: readonly number[]]>;

/**
 * Compares every tensor that the graphs use with config.json, so that a mix-up or a gap is found before anything is
 * computed (names and shapes: specs/vlm.md B1).
 *
 * @throws ModelLoadError naming the first tensor that is missing or has another shape
 */
export function checkWeights(config: Qwen25VlConfig, weights: WeightSource, tiedEmbeddings: boolean): void {
  for (const [name, shape] of textShapes(config.text)) expectShape(weights, name, shape);
  if (!tiedEmbeddings) expectShape(weights, "lm_head.weight", [config.text.vocabSize, config.text.hiddenSize]);
  for (const [name, shape] of visionShapes(config.vision)) expectShape(weights, name, shape);
}

function* textShapes(text: Qwen25TextConfig): Shapes {
  const { hiddenSize, intermediateSize, heads, kvHeads, headDim } = text;
  yield ["model.language_model.embed_tokens.weight", [text.vocabSize, hiddenSize]];
  for (let layer = 0; layer < text.layers; layer++) {
    const prefix = `model.language_model.layers.${layer}`;
    yield [`${prefix}.input_layernorm.weight`, [hiddenSize]];
    yield* biased(`${prefix}.self_attn.q_proj`, heads * headDim, hiddenSize);
    yield* biased(`${prefix}.self_attn.k_proj`, kvHeads * headDim, hiddenSize);
    yield* biased(`${prefix}.self_attn.v_proj`, kvHeads * headDim, hiddenSize);
    yield [`${prefix}.self_attn.o_proj.weight`, [hiddenSize, heads * headDim]];
    yield [`${prefix}.post_attention_layernorm.weight`, [hiddenSize]];
    yield [`${prefix}.mlp.gate_proj.weight`, [intermediateSize, hiddenSize]];
    yield [`${prefix}.mlp.up_proj.weight`, [intermediateSize, hiddenSize]];
    yield [`${prefix}.mlp.down_proj.weight`, [hiddenSize, intermediateSize]];
  }
  yield ["model.language_model.norm.weight", [hiddenSize]];
}

function* visionShapes(vision: Qwen25VisionConfig): Shapes {
  const { hiddenSize, intermediateSize, patchSize, temporalPatchSize, mergeSize } = vision;
  yield ["model.visual.patch_embed.proj.weight", [hiddenSize, 3, temporalPatchSize, patchSize, patchSize]];
  for (let block = 0; block < vision.depth; block++) {
    const prefix = `model.visual.blocks.${block}`;
    yield [`${prefix}.norm1.weight`, [hiddenSize]];
    yield* biased(`${prefix}.attn.qkv`, 3 * hiddenSize, hiddenSize);
    yield* biased(`${prefix}.attn.proj`, hiddenSize, hiddenSize);
    yield [`${prefix}.norm2.weight`, [hiddenSize]];
    yield* biased(`${prefix}.mlp.gate_proj`, intermediateSize, hiddenSize);
    yield* biased(`${prefix}.mlp.up_proj`, intermediateSize, hiddenSize);
    yield* biased(`${prefix}.mlp.down_proj`, hiddenSize, intermediateSize);
  }
  const merged = mergeSize * mergeSize * hiddenSize;
  yield ["model.visual.merger.ln_q.weight", [hiddenSize]];
  yield* biased("model.visual.merger.mlp.0", merged, merged);
  yield* biased("model.visual.merger.mlp.2", vision.outHiddenSize, merged);
}

function* biased(name: string, outputs: number, inputs: number): Shapes {
  yield [`${name}.weight`, [outputs, inputs]];
  yield [`${name}.bias`, [outputs]];
}
