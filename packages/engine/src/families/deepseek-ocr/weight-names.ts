import type { TextDecoderNames } from "../../blocks/text-decoder/text-decoder-config.ts";
import type { EncoderLayerNames } from "../../blocks/vision-tower/encoder-layer.ts";

/** Modules of the language model. */
export const textNames: TextDecoderNames = { model: "model", head: "lm_head" };

/** Modules of the two towers and what joins them, named as in published files (specs/vlm.md B7). */
export const visionNames = {
  samPatches: "model.sam_model.patch_embed.proj",
  samPositions: "model.sam_model.pos_embed",
  samBlocks: "model.sam_model.blocks",
  samNeck: "model.sam_model.neck",
  samHalvings: ["model.sam_model.net_2", "model.sam_model.net_3"],
  clipClassToken: "model.vision_model.embeddings.class_embedding",
  clipPositions: "model.vision_model.embeddings.position_embedding.weight",
  clipFirstNorm: "model.vision_model.pre_layrnorm",
  clipLayers: "model.vision_model.transformer.layers",
  projector: "model.projector.layers",
  newline: "model.image_newline",
  // Misspelt in every checkpoint.
  separator: "model.view_seperator",
} as const;

/** Modules of one layer of the second tower. */
export function clipLayerNames(layer: number): EncoderLayerNames {
  const prefix = `${visionNames.clipLayers}.${layer}`;
  return {
    norm1: `${prefix}.layer_norm1`,
    qkv: [`${prefix}.self_attn.qkv_proj`],
    out: `${prefix}.self_attn.out_proj`,
    norm2: `${prefix}.layer_norm2`,
    fc1: `${prefix}.mlp.fc1`,
    fc2: `${prefix}.mlp.fc2`,
  };
}
