import type { TextDecoderNames } from "../../blocks/text-decoder/text-decoder-config.ts";

/** Modules of the language model. */
export const textNames: TextDecoderNames = { model: "model.language_model", head: "lm_head" };

/** The norms that are stored as their distance from one: all of the language model's but those inside of delta nets. */
export function isZeroCentred(name: string): boolean {
  return name.startsWith(`${textNames.model}.`) && /(?:layernorm|_norm|language_model\.norm)\.weight$/.test(name);
}
