import { tileFeeds } from "../../blocks/pictures/tile-feeds.ts";
import { type TileSettings, tilePicture } from "../../blocks/pictures/tile-picture.ts";
import { decoderShape } from "../../blocks/text-decoder/decoder-shape.ts";
import { plainPositions, plainRotary } from "../../blocks/text-decoder/plain-positions.ts";
import { textDecoderGraph } from "../../blocks/text-decoder/text-decoder-graph.ts";
import { findAddedToken } from "../../checkpoint/added-tokens.ts";
import { createWeightSource } from "../../checkpoint/weight-source.ts";
import type { ModelFamily } from "../model-family.ts";
import { checkWeights } from "./check-weights.ts";
import { parseNvilaConfig } from "./config.ts";
import { readConfigFiles } from "./config-files.ts";
import { loadNvilaProcessor } from "./processor-config.ts";
import { visionGraph } from "./vision-graph.ts";
import { nvilaNames, textNames } from "./weight-names.ts";

/** What stands for a tile in prompts. */
const imageMark = "<image>";

/** A tile's rows are followed by the embedding of a newline, which the reference's image encoder appends. */
const closing = "\n";

/**
 * NVILA and NVILA-Lite (arXiv:2412.04468) with Qwen2 text, in the layout of VILA and in one folder (specs/vlm.md B6).
 * It takes no videos. The published code is not part of transformers: this is checked against a second opinion that
 * joins transformers' Qwen2 and SigLIP with projector, tiles and newlines written from the same notes.
 */
export const nvila: ModelFamily = {
  modelTypes: ["nvila", "llava_llama"],
  async open(checkpoint, options) {
    const config = parseNvilaConfig(await readConfigFiles(checkpoint));
    const { text, vision } = config;
    const imageTokenId = config.imageTokenId ?? (await findAddedToken(checkpoint, imageMark));
    const processor = await loadNvilaProcessor(checkpoint, config, options);
    const weights = createWeightSource(checkpoint, nvilaNames);
    const tiedEmbeddings = config.tiedEmbeddings ?? !weights.has(`${textNames.head}.weight`);
    checkWeights(config, weights, tiedEmbeddings);
    const tileTokens = vision.cells ** 2;
    return {
      family: "nvila",
      graphRevision: 1,
      decoder: decoderShape(text),
      weights,
      embedding: `${textNames.model}.embed_tokens.weight`,
      imageTokenId,
      forgetsPrompt: true,
      plainPrompt: { imageMark },
      allowedLiterals: [],
      graphs: (formats) => ({
        vision: visionGraph(vision, weights, { format: formats.vision, textWidth: text.hiddenSize }),
        decoder: textDecoderGraph(weights, { text, names: textNames, tiedEmbeddings, format: formats.decoder }),
      }),
      prepareImage: (picture, pictures) => {
        const isAlone = pictures === 1;
        const { tiles, grid, resized } = tilePicture(picture, isAlone ? processor : oneTile(processor));
        const tokens = tiles.length * tileTokens;
        // In dynamic mode the prompt has a newline behind each tile, beside the one that closes the tile's rows.
        const isDynamic = isAlone && config.dynamic;
        return {
          feeds: tileFeeds(tiles, vision.patchSize, processor),
          placeholder: imageTokenId,
          tokens,
          prompt: {
            mark: imageMark,
            text: isDynamic ? `${imageMark}\n`.repeat(tiles.length) : imageMark,
            spans: tiles.map(() => tileTokens),
            closing,
          },
          resized,
          grid: { t: 1, h: grid.rows * vision.side, w: grid.columns * vision.side },
          timeStep: 0,
        };
      },
      video: undefined,
      positions: plainPositions,
      rotaryTable: plainRotary(text),
    };
  },
};

/** Pictures that are not alone in a prompt are not cut (VILA `process_images`). */
function oneTile(settings: TileSettings): TileSettings {
  return { ...settings, minTiles: 1, maxTiles: 1 };
}
