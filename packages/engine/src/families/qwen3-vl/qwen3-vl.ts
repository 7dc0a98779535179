import { separateExperts } from "../../blocks/experts/fused-experts.ts";
import { interleavedRotary } from "../../blocks/qwen3-vision/interleaved-rotary.ts";
import { visionGraph } from "../../blocks/qwen3-vision/vision-graph.ts";
import { loadVisualInputs } from "../../blocks/qwen3-vision/visual-inputs.ts";
import { decoderShape } from "../../blocks/text-decoder/decoder-shape.ts";
import { textDecoderGraph } from "../../blocks/text-decoder/text-decoder-graph.ts";
import { createWeightSource } from "../../checkpoint/weight-source.ts";
import type { ModelFamily } from "../model-family.ts";
import { checkWeights } from "./check-weights.ts";
import { parseQwen3VlConfig, sparseModelType } from "./config.ts";
import { textNames } from "./weight-names.ts";

/** Qwen3-VL (arXiv:2511.21631), dense and with experts, and checkpoints of the same architecture, such as Cosmos-Reason2. */
export const qwen3Vl: ModelFamily = {
  modelTypes: ["qwen3_vl", sparseModelType],
  async open(checkpoint, options) {
    const config = parseQwen3VlConfig(await checkpoint.readJson("config.json"));
    const { text, vision } = config;
    const inputs = await loadVisualInputs(checkpoint, config, options);
    const stored = createWeightSource(checkpoint, []);
    const weights =
      text.sparse === undefined
        ? stored
        : separateExperts(stored, { ...text.sparse.experts, hiddenSize: text.hiddenSize });
    const tiedEmbeddings = config.tiedEmbeddings ?? !weights.has(`${textNames.head}.weight`);
    checkWeights(config, weights, tiedEmbeddings);
    const addedLayers = vision.deepstackBlocks.length;
    return {
      family: config.modelType,
      graphRevision: 4,
      decoder: decoderShape(text, addedLayers),
      weights,
      embedding: `${textNames.model}.embed_tokens.weight`,
      ...inputs,
      graphs: (formats) => ({
        vision: visionGraph(vision, weights, formats.vision),
        decoder: textDecoderGraph(weights, {
          ...{ text, names: textNames, tiedEmbeddings, addedLayers },
          format: formats.decoder,
        }),
      }),
      rotaryTable: interleavedRotary({ ...text, rotaryDims: text.headDim }),
    };
  },
};
