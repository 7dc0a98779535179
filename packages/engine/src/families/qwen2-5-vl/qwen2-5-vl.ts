import { preprocessImage } from "../../blocks/qwen-vision/image-processor.ts";
import { promptPositions } from "../../blocks/qwen-vision/prompt-positions.ts";
import { decoderShape } from "../../blocks/text-decoder/decoder-shape.ts";
import { textDecoderGraph } from "../../blocks/text-decoder/text-decoder-graph.ts";
import { createWeightSource } from "../../checkpoint/weight-source.ts";
import type { FamilyModel, ModelFamily } from "../model-family.ts";
import { checkWeights } from "./check-weights.ts";
import { parseQwen25VlConfig } from "./config.ts";
import { loadImageProcessorConfig } from "./processor-config.ts";
import { textRotary } from "./text-rotary.ts";
import { videoInput } from "./video-input.ts";
import { loadVideoProcessorConfig } from "./video-processor-config.ts";
import { visionFeeds } from "./vision-feeds.ts";
import { visionGraph } from "./vision-graph.ts";
import { qwen25VlNames } from "./weight-names.ts";

const names = { model: "model.language_model", head: "lm_head" };

/** Markers of the family's own grounding format, which prompts may contain. */
const groundingLiterals = ["object_ref", "box", "quad"].flatMap((name) => [`<|${name}_start|>`, `<|${name}_end|>`]);

/** Qwen2.5-VL (arXiv:2502.13923) and checkpoints of the same architecture, such as Cosmos-Reason1. */
export const qwen25Vl: ModelFamily = {
  modelTypes: ["qwen2_5_vl"],
  async open(checkpoint, options) {
    const config = parseQwen25VlConfig(await checkpoint.readJson("config.json"));
    const processor = await loadImageProcessorConfig(checkpoint, options);
    const weights = createWeightSource(checkpoint, qwen25VlNames);
    const videoProcessor = await loadVideoProcessorConfig(checkpoint, processor, options);
    const { text, vision, videoTokenId } = config;
    const tiedEmbeddings = config.tiedEmbeddings ?? !weights.has("lm_head.weight");
    checkWeights(config, weights, tiedEmbeddings);
    const model: FamilyModel = {
      family: "qwen2_5_vl",
      graphRevision: 2,
      decoder: decoderShape(text),
      weights,
      embedding: `${names.model}.embed_tokens.weight`,
      imageTokenId: config.imageTokenId,
      coordinateSpace: "pixels",
      allowedLiterals: groundingLiterals,
      graphs: (formats) => ({
        vision: visionGraph(vision, weights, formats.vision),
        decoder: textDecoderGraph(weights, { text, names, tiedEmbeddings, format: formats.decoder }),
      }),
      prepareImage: (picture) => {
        const pixels = preprocessImage(picture, processor, vision);
        const { grid, resized } = pixels;
        const tokens = (grid.t * grid.h * grid.w) / vision.mergeSize ** 2;
        const feeds = [visionFeeds(pixels, vision)];
        return { feeds, placeholder: config.imageTokenId, tokens, resized, grid, timeStep: 0 };
      },
      video: videoTokenId === undefined ? undefined : videoInput(videoTokenId, videoProcessor, vision),
      positions: (length, visuals) => promptPositions(length, visuals, vision.mergeSize),
      rotaryTable: textRotary(text),
    };
    return model;
  },
};
