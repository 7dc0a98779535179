import { ModelLoadError } from "@ocellus/core";
import type { Checkpoint } from "@ocellus/hub";
import { z } from "zod";
import { loadAnyresProcessor } from "../../blocks/llava/anyres-processor.ts";
import { type LlavaDefaults, parseLlavaConfig } from "../../blocks/llava/llava-config.ts";
import { llavaNames, llavaText } from "../../blocks/llava/llava-names.ts";
import { checkLlavaWeights } from "../../blocks/llava/projected-patches.ts";
import { tilePixels } from "../../blocks/pictures/tile-feeds.ts";
import { decoderShape } from "../../blocks/text-decoder/decoder-shape.ts";
import { plainPositions, plainRotary } from "../../blocks/text-decoder/plain-positions.ts";
import { textDecoderGraph } from "../../blocks/text-decoder/text-decoder-graph.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import { createWeightSource } from "../../checkpoint/weight-source.ts";
import type { ModelFamily } from "../model-family.ts";
import { arrangeViews } from "./arrange-views.ts";
import { rowFeeds } from "./row-feeds.ts";
import { loadVideoProcessor, videoInput } from "./video-input.ts";
import { visionGraph } from "./vision-graph.ts";

const defaults: LlavaDefaults = { vision: "siglip_vision_model", text: "qwen2", featureLayer: -1 };

const aspectSchema = z.looseObject({ vision_aspect_ratio: z.string().default("anyres_max_9") });

/** LLaVA-OneVision (arXiv:2408.03326) with SigLIP and Qwen2: pictures, several pictures, and clips. */
export const llavaOneVision: ModelFamily = {
  modelTypes: ["llava_onevision"],
  async open(checkpoint, options) {
    const config = parseLlavaConfig(await checkpoint.readJson("config.json"), defaults);
    const { text, vision, imageTokenId, videoTokenId } = config;
    const maxViews = await loadMaxViews(checkpoint);
    const processor = await loadAnyresProcessor(checkpoint, vision.imageSize, options);
    const videoProcessor = await loadVideoProcessor(checkpoint, processor);
    const weights = createWeightSource(checkpoint, llavaNames);
    const tiedEmbeddings = config.tiedEmbeddings ?? !weights.has(`${llavaText.head}.weight`);
    checkLlavaWeights(config, weights, tiedEmbeddings);
    return {
      family: "llava_onevision",
      graphRevision: 1,
      decoder: decoderShape(text),
      weights,
      embedding: `${llavaText.model}.embed_tokens.weight`,
      imageTokenId,
      allowedLiterals: [],
      graphs: (formats) => ({
        vision: visionGraph(config, weights, formats.vision),
        decoder: textDecoderGraph(weights, { text, names: llavaText, tiedEmbeddings, format: formats.decoder }),
      }),
      prepareImage: (picture) => {
        const { views, grid, rows, resized } = arrangeViews(picture, processor, { side: vision.side, maxViews });
        return {
          feeds: [{ pixel_values: tilePixels(views, vision.patchSize, processor), ...rowFeeds(rows) }],
          placeholder: imageTokenId,
          tokens: rows.length,
          resized,
          grid,
          timeStep: 0,
        };
      },
      video: videoTokenId === undefined ? undefined : videoInput(videoTokenId, videoProcessor, vision),
      positions: plainPositions,
      rotaryTable: plainRotary(text),
    };
  },
};

/** The n of `vision_aspect_ratio` "anyres_max_<n>": pictures of many more views have their features shrunk. */
async function loadMaxViews(checkpoint: Checkpoint): Promise<number> {
  const { vision_aspect_ratio: text } = parseConfig(
    aspectSchema,
    await checkpoint.readJson("config.json"),
    "config.json",
  );
  const maxViews = Number(/^anyres_max_([1-9]\d{0,3})$/.exec(text)?.[1]);
  if (maxViews > 0) return maxViews;
  throw new ModelLoadError(`config.json: vision_aspect_ratio "${text}" is not supported; only "anyres_max_<n>" is.`);
}
