import type { TextDecoderNames } from "../../blocks/text-decoder/text-decoder-config.ts";
import type { NameRewrite } from "../../checkpoint/weight-source.ts";

/** Towers come with and without `vision_model` (specs/vlm.md B6, B12.6); the sub folders of VILA are prefixes already. */
export const nvilaNames: readonly NameRewrite[] = [
  { from: /^(?:model\.)?vision_tower\.(?:vision_tower\.)?(?:vision_model\.)?/, to: "vision_tower.vision_model." },
  { from: /^model\.(llm|mm_projector)\./, to: "$1." },
];

/** Modules of the language model. */
export const textNames: TextDecoderNames = { model: "llm.model", head: "llm.lm_head" };

/** Where the tower's modules are. */
export const towerPrefix = "vision_tower.vision_model";

/** Where the stages of the projector are, numbered as the reference numbers them. */
export const projectorPrefix = "mm_projector.layers";
