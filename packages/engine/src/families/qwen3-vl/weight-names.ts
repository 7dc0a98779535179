import type { TextDecoderNames } from "../../blocks/text-decoder/text-decoder-config.ts";

/** Modules of the language model. */
export const textNames: TextDecoderNames = { model: "model.language_model", head: "lm_head" };
