import type { DecoderShape } from "../../families/model-family.ts";
import type { TextDecoderConfig } from "./text-decoder-config.ts";

/**
 * What the runtime needs to know of a decoder.
 *
 * @param addedLayers as in `textDecoderGraph`
 */
export function decoderShape(text: TextDecoderConfig, addedLayers = 0): DecoderShape {
  return {
    layers: text.layers,
    hiddenSize: text.hiddenSize,
    inputWidth: text.hiddenSize * (1 + addedLayers),
    kvWidth: text.kvHeads * text.headDim,
    vocabSize: text.vocabSize,
    contextLength: text.contextLength,
    heads: text.heads,
  };
}
