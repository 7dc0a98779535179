import { llavaNames, llavaText } from "../../blocks/llava/llava-names.ts";
import { tileFeeds } from "../../blocks/pictures/tile-feeds.ts";
import { decoderShape } from "../../blocks/text-decoder/decoder-shape.ts";
import { plainPositions } from "../../blocks/text-decoder/plain-positions.ts";
import { createWeightSource } from "../../checkpoint/weight-source.ts";
import { withZeroCentredNorms } from "../../checkpoint/zero-centred.ts";
import type { ModelFamily } from "../model-family.ts";
import { checkWeights } from "./check-weights.ts";
import { parseGemma3Config } from "./config.ts";
import { decoderGraph } from "./decoder-graph.ts";
import { loadGemma3Processor } from "./processor-config.ts";
import { rotaryTables } from "./rotary-tables.ts";
import { viewPicture } from "./view-picture.ts";
import { visionGraph } from "./vision-graph.ts";
import { readPictureTokens, visualPrompt } from "./visual-prompt.ts";
import { isZeroCentred } from "./weight-names.ts";

/** Gemma 3 with its vision tower (4B and larger; arXiv:2503.19786). It takes no videos. */
export const gemma3: ModelFamily = {
  modelTypes: ["gemma3"],
  async open(checkpoint, options) {
    const config = parseGemma3Config(await checkpoint.readJson("config.json"));
    const { text, vision, imageTokenId, tokenSide, tiedEmbeddings } = config;
    const processor = await loadGemma3Processor(checkpoint, vision.imageSize, options);
    const pictureTokens = await readPictureTokens(checkpoint, config);
    const weights = withZeroCentredNorms(createWeightSource(checkpoint, llavaNames), isZeroCentred);
    checkWeights(config, weights);
    const viewTokens = tokenSide ** 2;
    return {
      family: "gemma3",
      graphRevision: 1,
      decoder: {
        ...decoderShape(text),
        ...(text.slidingWindow === undefined ? {} : { slidingWindow: text.slidingWindow }),
        embeddingScale: Math.fround(Math.sqrt(text.hiddenSize)),
      },
      weights,
      embedding: `${llavaText.model}.embed_tokens.weight`,
      imageTokenId,
      allowedLiterals: [],
      graphs: (formats) => ({
        vision: visionGraph(config, weights, formats.vision),
        decoder: decoderGraph(text, weights, { format: formats.decoder, tiedEmbeddings }),
      }),
      prepareImage: (picture) => {
        const views = viewPicture(picture, processor);
        return {
          feeds: tileFeeds(views, vision.patchSize, processor),
          placeholder: imageTokenId,
          tokens: views.length * viewTokens,
          prompt: visualPrompt(pictureTokens, views.length - 1, viewTokens),
          resized: { width: processor.tile, height: processor.tile },
          grid: { t: 1, h: vision.side, w: vision.side },
          timeStep: 0,
        };
      },
      video: undefined,
      positions: (length, visuals) => ({
        ...plainPositions(length),
        joined: visuals.flatMap(({ spans }) => spans),
      }),
      rotaryTable: rotaryTables(text),
    };
  },
};
