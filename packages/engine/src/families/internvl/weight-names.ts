import type { TextDecoderNames } from "../../blocks/text-decoder/text-decoder-config.ts";
import type { EncoderLayerNames } from "../../blocks/vision-tower/encoder-layer.ts";
import type { NameRewrite, WeightSource } from "../../checkpoint/weight-source.ts";
import type { InternVlVisionConfig } from "./config.ts";

const layer = "model.vision_tower.encoder.layer";

/**
 * From the names of the original layout (`vision_model.*`, `mlp1.*`) and of older saves of transformers
 * (`language_model.model.*`) to those of transformers ≥ 4.52, which the graphs use (specs/vlm.md B4 "Names").
 */
export const internVlNames: readonly NameRewrite[] = [
  { from: /^language_model\.lm_head\./, to: "lm_head." },
  { from: /^language_model\.model\./, to: "model.language_model." },
  { from: /^(vision_tower|multi_modal_projector)\./, to: "model.$1." },
  { from: /^vision_model\.embeddings\.class_embedding$/, to: "model.vision_tower.embeddings.cls_token" },
  { from: /^vision_model\.embeddings\.position_embedding$/, to: "model.vision_tower.embeddings.position_embeddings" },
  {
    from: /^vision_model\.embeddings\.patch_embedding\./,
    to: "model.vision_tower.embeddings.patch_embeddings.projection.",
  },
  { from: /^vision_model\.encoder\.layers\.(\d+)\.attn\.proj\./, to: `${layer}.$1.attention.projection_layer.` },
  { from: /^vision_model\.encoder\.layers\.(\d+)\.attn\./, to: `${layer}.$1.attention.` },
  { from: /^vision_model\.encoder\.layers\.(\d+)\.norm1\./, to: `${layer}.$1.layernorm_before.` },
  { from: /^vision_model\.encoder\.layers\.(\d+)\.norm2\./, to: `${layer}.$1.layernorm_after.` },
  { from: /^vision_model\.encoder\.layers\.(\d+)\.ls([12])$/, to: `${layer}.$1.lambda_$2` },
  { from: /^vision_model\.encoder\.layers\.(\d+)\.mlp\./, to: `${layer}.$1.mlp.` },
  { from: /^mlp1\.0\./, to: "model.multi_modal_projector.layer_norm." },
  { from: /^mlp1\.1\./, to: "model.multi_modal_projector.linear_1." },
  { from: /^mlp1\.3\./, to: "model.multi_modal_projector.linear_2." },
];

/** Modules of the language model. */
export const textNames: TextDecoderNames = { model: "model.language_model", head: "lm_head" };

/** Modules of the tower and of the projector behind it. */
export const visionNames = {
  classToken: "model.vision_tower.embeddings.cls_token",
  positions: "model.vision_tower.embeddings.position_embeddings",
  patches: "model.vision_tower.embeddings.patch_embeddings.projection",
  projectorNorm: "model.multi_modal_projector.layer_norm",
  projectorFirst: "model.multi_modal_projector.linear_1",
  projectorSecond: "model.multi_modal_projector.linear_2",
} as const;

/** Modules of one layer of the tower; query, key and value are one matrix in the original layout. */
export function layerNames(weights: WeightSource, config: InternVlVisionConfig, index: number): EncoderLayerNames {
  const prefix = `${layer}.${index}`;
  const attention = `${prefix}.attention`;
  const isFused = weights.has(`${attention}.qkv.weight`);
  const parts = isFused ? ["qkv"] : ["q_proj", "k_proj", "v_proj"];
  return {
    norm1: `${prefix}.layernorm_before`,
    qkv: parts.map((part) => `${attention}.${part}`),
    queryNorm: config.qkNorm ? `${attention}.q_norm` : undefined,
    keyNorm: config.qkNorm ? `${attention}.k_norm` : undefined,
    out: `${attention}.projection_layer`,
    attentionScale: `${prefix}.lambda_1`,
    mlpScale: `${prefix}.lambda_2`,
    norm2: `${prefix}.layernorm_after`,
    fc1: `${prefix}.mlp.fc1`,
    fc2: `${prefix}.mlp.fc2`,
  };
}
