import type { TextDecoderNames } from "../../blocks/text-decoder/text-decoder-config.ts";
import type { NameRewrite } from "../../checkpoint/weight-source.ts";

/** Towers come with and without `vision_model` (specs/vlm.md B6, B12.6); the sub folders of VILA are prefixes already. */
export const nvilaNames: readonly NameRewrite[] = [
  { from: /^(?:model\.)?vision_tower\.(?:vision_tower\.)?(?:vision_model\.)?/, to: "vision_tower.vision_model." },
  { from: /^model\.(llm|mm_projector)\./, to: "$1." },
];

/** Modules of the language model. */
export const textNames: TextDecoderNames = { model: "llm.model", head: "llm.lm_head" };

/** Modules of the tower and the stages of the projector behind it, numbered as the reference numbers them. */
export const visionNames = {
  patches: "vision_tower.vision_model.embeddings.patch_embedding",
  positions: "vision_tower.vision_model.embeddings.position_embedding.weight",
  layers: "vision_tower.vision_model.encoder.layers",
  projector: "mm_projector.layers",
} as const;
