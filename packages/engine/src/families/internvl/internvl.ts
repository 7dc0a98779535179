import { tileFeeds } from "../../blocks/pictures/tile-feeds.ts";
import { tilePicture } from "../../blocks/pictures/tile-picture.ts";
import { decoderShape } from "../../blocks/text-decoder/decoder-shape.ts";
import { plainPositions, plainRotary } from "../../blocks/text-decoder/plain-positions.ts";
import { textDecoderGraph } from "../../blocks/text-decoder/text-decoder-graph.ts";
import { findAddedToken } from "../../checkpoint/added-tokens.ts";
import { createWeightSource } from "../../checkpoint/weight-source.ts";
import type { ModelFamily } from "../model-family.ts";
import { checkWeights } from "./check-weights.ts";
import { parseInternVlConfig } from "./config.ts";
import { loadInternVlProcessor, loadMaxFrames } from "./processor-config.ts";
import { videoInput } from "./video-input.ts";
import { visionGraph } from "./vision-graph.ts";
import { internVlNames, textNames } from "./weight-names.ts";

/** Markers of the family's own grounding format, which prompts may contain. */
const groundingLiterals = ["<ref>", "</ref>", "<box>", "</box>", "<quad>", "</quad>"];

/** InternVL2.5, InternVL3 and InternVL3.5 (arXiv:2508.18265) with Qwen or Llama text, in both published layouts. */
export const internVl: ModelFamily = {
  modelTypes: ["internvl", "internvl_chat"],
  async open(checkpoint, options) {
    const config = parseInternVlConfig(await checkpoint.readJson("config.json"));
    const { text, vision } = config;
    const imageTokenId = config.imageTokenId ?? (await findAddedToken(checkpoint, "<IMG_CONTEXT>"));
    const processor = await loadInternVlProcessor(checkpoint, vision.imageSize, options);
    const maxFrames = await loadMaxFrames(checkpoint);
    const weights = createWeightSource(checkpoint, internVlNames);
    const tiedEmbeddings = config.tiedEmbeddings ?? !weights.has(`${textNames.head}.weight`);
    checkWeights(config, weights, tiedEmbeddings);
    return {
      family: "internvl",
      graphRevision: 2,
      decoder: decoderShape(text),
      weights,
      embedding: `${textNames.model}.embed_tokens.weight`,
      imageTokenId,
      coordinateSpace: "relative-1000",
      allowedLiterals: groundingLiterals,
      graphs: (formats) => ({
        vision: visionGraph(vision, weights, { format: formats.vision, textWidth: text.hiddenSize }),
        decoder: textDecoderGraph(weights, { text, names: textNames, tiedEmbeddings, format: formats.decoder }),
      }),
      prepareImage: (picture) => {
        const { tiles, grid, resized } = tilePicture(picture, processor);
        const tokens = tiles.length * vision.tileTokens;
        return {
          feeds: tileFeeds(tiles, vision.patchSize, processor),
          placeholder: imageTokenId,
          tokens,
          prompt: { mark: "<IMG_CONTEXT>", text: "<img><IMG_CONTEXT></img>", spans: [tokens] },
          resized,
          grid: { t: 1, h: grid.rows * vision.side, w: grid.columns * vision.side },
          timeStep: 0,
        };
      },
      video: videoInput(vision, { tokenId: imageTokenId, processor, maxFrames }),
      positions: plainPositions,
      rotaryTable: plainRotary(text),
    };
  },
};
