import { deltaNetStates } from "../../blocks/delta-net/delta-net-config.ts";
import { gatedDeltaNet } from "../../blocks/delta-net/gated-delta-net.ts";
import type { LinearFormat } from "../../blocks/linear.ts";
import { cachedAttention } from "../../blocks/text-decoder/cached-attention.ts";
import { decoderShape } from "../../blocks/text-decoder/decoder-shape.ts";
import { textDecoderGraph } from "../../blocks/text-decoder/text-decoder-graph.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { OnnxGraph } from "../../onnx/onnx-graph.ts";
import type { DecoderShape, RecurrentStateShape } from "../model-family.ts";
import type { LayerType, Qwen35TextConfig } from "./config.ts";
import { textNames } from "./weight-names.ts";

/**
 * The language model: gated delta nets with a gated attention layer now and then (specs/vlm.md B3). Caches and states
 * are numbered among the layers of their own kind. Delta nets keep 8 bits at `int4`.
 */
export function decoderGraph(
  text: Qwen35TextConfig,
  weights: WeightSource,
  { tiedEmbeddings, format }: { readonly tiedEmbeddings: boolean; readonly format: LinearFormat },
): OnnxGraph {
  return textDecoderGraph(weights, {
    ...{ text, names: textNames, tiedEmbeddings, format },
    mix: (graph, x, { layer, prefix, inputs }) => {
      const place = placeOf(text.layerTypes, layer);
      if (text.layerTypes[layer] === "linear_attention") {
        const options = { config: text.deltaNet, place, prefix: `${prefix}.linear_attn` };
        return gatedDeltaNet(graph, weights, x, { ...options, format: atLeastEightBits(format) });
      }
      const options = { text: { ...text, isGated: true }, inputs, layer: place, prefix: `${prefix}.self_attn`, format };
      return cachedAttention(graph, weights, x, options);
    },
  });
}

/** Errors of a delta net's weights add up in its memory: at 4 bits they are several times those of attention at 4 bits. */
function atLeastEightBits(format: LinearFormat): LinearFormat {
  return format.kind === "block" ? { ...format, bits: 8 } : format;
}

/** What the runtime needs to know of the decoder. */
export function hybridShape(text: Qwen35TextConfig): DecoderShape {
  const linear = text.layerTypes.filter((type) => type === "linear_attention").length;
  const states = (place: number): readonly RecurrentStateShape[] => {
    const { convolution, memory } = deltaNetStates(text.deltaNet, place);
    return [convolution, memory];
  };
  return {
    ...decoderShape(text),
    layers: text.layers - linear,
    ...(linear === 0 ? {} : { recurrentStates: Array.from({ length: linear }, (_, place) => states(place)).flat() }),
  };
}

/** Layers of the same kind before a layer. */
function placeOf(types: readonly LayerType[], layer: number): number {
  return types.slice(0, layer).filter((type) => type === types[layer]).length;
}
