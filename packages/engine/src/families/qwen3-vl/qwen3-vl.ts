import { decoderShape } from "../../blocks/text-decoder/decoder-shape.ts";
import { textDecoderGraph } from "../../blocks/text-decoder/text-decoder-graph.ts";
import { createWeightSource } from "../../checkpoint/weight-source.ts";
import type { ModelFamily } from "../model-family.ts";
import { preprocessImage } from "../qwen2-5-vl/image-processor.ts";
import { checkWeights } from "./check-weights.ts";
import { parseQwen3VlConfig } from "./config.ts";
import { interleavedRotary, promptPositions } from "./positions.ts";
import { loadImageProcessor, loadVideoProcessor } from "./processor-config.ts";
import { videoInput } from "./video-input.ts";
import { visionFeeds } from "./vision-feeds.ts";
import { visionGraph } from "./vision-graph.ts";
import { textNames } from "./weight-names.ts";

/** Markers of grounding answers of the Qwen lineage, which prompts may contain. */
const groundingLiterals = ["object_ref", "box", "quad"].flatMap((name) => [`<|${name}_start|>`, `<|${name}_end|>`]);

/** Qwen3-VL (arXiv:2511.21631), dense sizes, and checkpoints of the same architecture, such as Cosmos-Reason2. */
export const qwen3Vl: ModelFamily = {
  modelTypes: ["qwen3_vl"],
  async open(checkpoint, options) {
    const config = parseQwen3VlConfig(await checkpoint.readJson("config.json"));
    const { text, vision, imageTokenId, videoTokenId } = config;
    const processor = await loadImageProcessor(checkpoint, options);
    const videoProcessor = await loadVideoProcessor(checkpoint, processor, options);
    const weights = createWeightSource(checkpoint, []);
    const tiedEmbeddings = config.tiedEmbeddings ?? !weights.has(`${textNames.head}.weight`);
    checkWeights(config, weights, tiedEmbeddings);
    const addedLayers = vision.deepstackBlocks.length;
    return {
      family: "qwen3_vl",
      graphRevision: 1,
      decoder: decoderShape(text, addedLayers),
      weights,
      embedding: `${textNames.model}.embed_tokens.weight`,
      imageTokenId,
      allowedLiterals: groundingLiterals,
      graphs: (formats) => ({
        vision: visionGraph(vision, weights, formats.vision),
        decoder: textDecoderGraph(weights, {
          ...{ text, names: textNames, tiedEmbeddings, addedLayers },
          format: formats.decoder,
        }),
      }),
      prepareImage: (picture) => {
        const pixels = preprocessImage(picture, processor, vision);
        const { grid, resized } = pixels;
        const tokens = (grid.h * grid.w) / vision.mergeSize ** 2;
        return { feeds: [visionFeeds(pixels, vision)], placeholder: imageTokenId, tokens, resized, grid, timeStep: 0 };
      },
      video: videoTokenId === undefined ? undefined : videoInput(videoTokenId, videoProcessor, vision),
      positions: (length, visuals) => promptPositions(length, visuals, vision.mergeSize),
      rotaryTable: interleavedRotary(text),
    };
  },
};
