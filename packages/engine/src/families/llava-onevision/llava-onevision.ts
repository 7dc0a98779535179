import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import type { LlavaDefaults } from "../../blocks/llava/llava-config.ts";
import { openLlava } from "../../blocks/llava/open-llava.ts";
import { tilePixels } from "../../blocks/pictures/tile-feeds.ts";
import type { CheckpointFiles } from "../../checkpoint/checkpoint-files.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";
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
    const { config, processor, model, decoderGraph } = await openLlava(checkpoint, defaults, options);
    const { vision, imageTokenId, videoTokenId } = config;
    const maxViews = await loadMaxViews(checkpoint);
    const videoProcessor = await loadVideoProcessor(checkpoint, processor);
    return {
      family: "llava_onevision",
      graphRevision: 1,
      ...model,
      graphs: (formats) => ({
        vision: visionGraph(config, model.weights, formats.vision),
        decoder: decoderGraph(formats.decoder),
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
    };
  },
};

/** The n of `vision_aspect_ratio` "anyres_max_<n>": pictures of many more views have their features shrunk. */
async function loadMaxViews(checkpoint: CheckpointFiles): Promise<number> {
  const { vision_aspect_ratio: text } = parseConfig(
    aspectSchema,
    await checkpoint.readJson("config.json"),
    "config.json",
  );
  const maxViews = Number(/^anyres_max_([1-9]\d{0,3})$/.exec(text)?.[1]);
  if (maxViews > 0) return maxViews;
  throw new ModelLoadError(`config.json: vision_aspect_ratio "${text}" is not supported; only "anyres_max_<n>" is.`);
}
