import type { TextDecoderNames } from "../../blocks/text-decoder/text-decoder-config.ts";

/** Modules of the language model. */
export const textNames: TextDecoderNames = { model: "model.text_model", head: "lm_head" };

/** Where the tower's modules are. */
export const towerPrefix = "model.vision_model";

/** The linear layer behind the tower. */
export const connector = "model.connector.modality_projection.proj";
