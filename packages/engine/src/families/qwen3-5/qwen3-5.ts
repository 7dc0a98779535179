import { separateExperts } from "../../blocks/experts/fused-experts.ts";
import { interleavedRotary } from "../../blocks/qwen3-vision/interleaved-rotary.ts";
import { visionGraph } from "../../blocks/qwen3-vision/vision-graph.ts";
import { loadVisualInputs } from "../../blocks/qwen3-vision/visual-inputs.ts";
import { createWeightSource } from "../../checkpoint/weight-source.ts";
import { withZeroCentredNorms } from "../../checkpoint/zero-centred.ts";
import type { ModelFamily } from "../model-family.ts";
import { checkWeights } from "./check-weights.ts";
import { parseQwen35Config, sparseModelType } from "./config.ts";
import { decoderGraph, hybridShape } from "./decoder-graph.ts";
import { isZeroCentred, textNames } from "./weight-names.ts";

/**
 * Qwen3.5 and Qwen3.6, dense and with experts: the vision side of Qwen3-VL without deepstack, and a language model of
 * gated delta nets and gated attention. The layers for predicting several tokens (`mtp.*`) are not used.
 */
export const qwen35: ModelFamily = {
  modelTypes: ["qwen3_5", sparseModelType],
  async open(checkpoint, options) {
    const config = parseQwen35Config(await checkpoint.readJson("config.json"));
    const { text, vision } = config;
    const inputs = await loadVisualInputs(checkpoint, config, options);
    const stored = withZeroCentredNorms(createWeightSource(checkpoint, []), isZeroCentred);
    const weights =
      text.sparse === undefined
        ? stored
        : separateExperts(stored, { ...text.sparse.experts, hiddenSize: text.hiddenSize });
    const tiedEmbeddings = config.tiedEmbeddings ?? !weights.has(`${textNames.head}.weight`);
    checkWeights(config, weights, tiedEmbeddings);
    return {
      family: config.modelType,
      graphRevision: 4,
      decoder: hybridShape(text),
      weights,
      embedding: `${textNames.model}.embed_tokens.weight`,
      ...inputs,
      graphs: (formats) => ({
        vision: visionGraph(vision, weights, formats.vision),
        decoder: decoderGraph(text, weights, { tiedEmbeddings, format: formats.decoder }),
      }),
      rotaryTable: interleavedRotary(text),
    };
  },
};
