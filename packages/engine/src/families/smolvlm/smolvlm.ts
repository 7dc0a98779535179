import { tileFeeds } from "../../blocks/pictures/tile-feeds.ts";
import { decoderShape } from "../../blocks/text-decoder/decoder-shape.ts";
import { plainPositions, plainRotary } from "../../blocks/text-decoder/plain-positions.ts";
import { textDecoderGraph } from "../../blocks/text-decoder/text-decoder-graph.ts";
import { createWeightSource } from "../../checkpoint/weight-source.ts";
import type { ModelFamily } from "../model-family.ts";
import { checkWeights } from "./check-weights.ts";
import { parseSmolVlmConfig } from "./config.ts";
import { loadSmolVlmProcessor, loadSmolVlmVideoProcessor } from "./processor-config.ts";
import { tilePicture } from "./tile-picture.ts";
import { videoInput } from "./video-input.ts";
import { visionGraph } from "./vision-graph.ts";
import { imagePrompt } from "./visual-prompt.ts";
import { textNames } from "./weight-names.ts";

/** SmolVLM, SmolVLM2 (arXiv:2504.05299) and Idefics3 (arXiv:2408.12637). Only `smolvlm` checkpoints take videos. */
export const smolVlm: ModelFamily = {
  modelTypes: ["smolvlm", "idefics3"],
  async open(checkpoint, options) {
    const config = parseSmolVlmConfig(await checkpoint.readJson("config.json"));
    const { text, vision, imageTokenId } = config;
    const processor = await loadSmolVlmProcessor(checkpoint, vision.imageSize, options);
    const videoProcessor = await loadSmolVlmVideoProcessor(checkpoint, processor);
    const weights = createWeightSource(checkpoint, []);
    const tiedEmbeddings = config.tiedEmbeddings ?? !weights.has(`${textNames.head}.weight`);
    checkWeights(config, weights, tiedEmbeddings);
    return {
      family: config.modelType,
      graphRevision: 2,
      decoder: decoderShape(text),
      weights,
      embedding: `${textNames.model}.embed_tokens.weight`,
      imageTokenId,
      allowedLiterals: [],
      graphs: (formats) => ({
        vision: visionGraph(vision, weights, { format: formats.vision, textWidth: text.hiddenSize }),
        decoder: textDecoderGraph(weights, { text, names: textNames, tiedEmbeddings, format: formats.decoder }),
      }),
      prepareImage: (picture) => {
        const { tiles, grid, resized } = tilePicture(picture, processor);
        return {
          feeds: tileFeeds(tiles, vision.patchSize, processor),
          placeholder: imageTokenId,
          tokens: tiles.length * vision.tileTokens,
          prompt: imagePrompt(grid, vision.tileTokens),
          resized,
          grid: { t: 1, h: Math.max(1, grid.rows) * vision.side, w: Math.max(1, grid.columns) * vision.side },
          timeStep: 0,
        };
      },
      video: config.modelType === "smolvlm" ? videoInput(config, videoProcessor) : undefined,
      positions: plainPositions,
      rotaryTable: plainRotary(text),
    };
  },
};
