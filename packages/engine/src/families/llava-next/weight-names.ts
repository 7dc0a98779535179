import type { TextDecoderNames } from "../../blocks/text-decoder/text-decoder-config.ts";
import type { NameRewrite } from "../../checkpoint/weight-source.ts";

/**
 * From the names of published checkpoints to those of transformers ≥ 4.52, which the graphs use; towers come with and
 * without `vision_model` (specs/vlm.md B5 "Names", B12.6).
 */
export const llavaNextNames: readonly NameRewrite[] = [
  { from: /^language_model\.lm_head\./, to: "lm_head." },
  { from: /^language_model\.model\./, to: "model.language_model." },
  { from: /^(?:model\.)?vision_tower\.(?:vision_model\.)?/, to: "model.vision_tower.vision_model." },
  { from: /^multi_modal_projector\./, to: "model.multi_modal_projector." },
  { from: /^image_newline$/, to: "model.image_newline" },
];

/** Modules of the language model. */
export const textNames: TextDecoderNames = { model: "model.language_model", head: "lm_head" };

const tower = "model.vision_tower.vision_model";

/** What the vision graph reads beside the layers' own modules. */
export type VisionModule =
  | "classToken"
  | "patches"
  | "positions"
  | "firstNorm"
  | "layers"
  | "projectorFirst"
  | "projectorSecond"
  | "newline";

/** Modules of the tower and of the projector behind it. */
export const visionNames: Readonly<Record<VisionModule, string>> = {
  classToken: `${tower}.embeddings.class_embedding`,
  patches: `${tower}.embeddings.patch_embedding`,
  positions: `${tower}.embeddings.position_embedding.weight`,
  // Misspelt in every checkpoint.
  firstNorm: `${tower}.pre_layrnorm`,
  layers: `${tower}.encoder.layers`,
  projectorFirst: "model.multi_modal_projector.linear_1",
  projectorSecond: "model.multi_modal_projector.linear_2",
  newline: "model.image_newline",
};
