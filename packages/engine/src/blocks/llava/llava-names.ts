import type { NameRewrite } from "../../checkpoint/weight-source.ts";
import type { TextDecoderNames } from "../text-decoder/text-decoder-config.ts";

/**
 * From the names of published checkpoints to those of transformers ≥ 4.52, which the graphs use; towers come with and
 * without `vision_model` (specs/vlm.md B5 "Names", B12.6).
 */
export const llavaNames: readonly NameRewrite[] = [
  { from: /^language_model\.lm_head\./, to: "lm_head." },
  { from: /^language_model\.model\./, to: "model.language_model." },
  { from: /^(?:model\.)?vision_tower\.(?:vision_model\.)?/, to: "model.vision_tower.vision_model." },
  { from: /^multi_modal_projector\./, to: "model.multi_modal_projector." },
  { from: /^image_newline$/, to: "model.image_newline" },
];

/** Modules of the language model. */
export const llavaText: TextDecoderNames = { model: "model.language_model", head: "lm_head" };

/** Where the vision tower's modules are. */
export const llavaTower = "model.vision_tower.vision_model";

/** Where the modules between the tower and the language model are. */
export const llavaProjector = "model.multi_modal_projector";

/** The row that ends a line of patches, [text hidden]. */
export const llavaNewline = "model.image_newline";
