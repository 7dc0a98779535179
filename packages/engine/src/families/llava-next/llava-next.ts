import { tilePixels } from "../../blocks/pictures/tile-feeds.ts";
import { decoderShape } from "../../blocks/text-decoder/decoder-shape.ts";
import { plainPositions, plainRotary } from "../../blocks/text-decoder/plain-positions.ts";
import { textDecoderGraph } from "../../blocks/text-decoder/text-decoder-graph.ts";
import { createWeightSource } from "../../checkpoint/weight-source.ts";
import { integerTensor } from "../../runtime/host-tensor.ts";
import type { ModelFamily } from "../model-family.ts";
import { arrangeRows } from "./arrange-rows.ts";
import { checkWeights } from "./check-weights.ts";
import { parseLlavaNextConfig } from "./config.ts";
import { loadLlavaNextProcessor } from "./processor-config.ts";
import { viewPicture } from "./view-picture.ts";
import { visionGraph } from "./vision-graph.ts";
import { llavaNextNames, textNames } from "./weight-names.ts";

/** LLaVA-NeXT (LLaVA 1.6) with Mistral, Vicuna, Llama or Qwen2 text. It takes no videos. */
export const llavaNext: ModelFamily = {
  modelTypes: ["llava_next"],
  async open(checkpoint, options) {
    const config = parseLlavaNextConfig(await checkpoint.readJson("config.json"));
    const { text, vision, imageTokenId } = config;
    const { side } = vision;
    const processor = await loadLlavaNextProcessor(checkpoint, vision.imageSize, options);
    const weights = createWeightSource(checkpoint, llavaNextNames);
    const tiedEmbeddings = config.tiedEmbeddings ?? !weights.has(`${textNames.head}.weight`);
    checkWeights(config, weights, tiedEmbeddings);
    return {
      family: "llava_next",
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
        const { views, canvas } = viewPicture(picture, processor);
        const { width, height } = picture;
        const [columns, rows] = [canvas.width / processor.tile, canvas.height / processor.tile];
        const arrangement = arrangeRows({ original: { width, height }, columns, rows, side });
        const pixels = tilePixels(views, vision.patchSize, processor);
        return {
          feeds: [{ pixel_values: pixels, arrangement: integerTensor(arrangement) }],
          placeholder: imageTokenId,
          tokens: arrangement.length,
          resized: canvas,
          grid: { t: 1, h: rows * side, w: columns * side },
          timeStep: 0,
        };
      },
      video: undefined,
      positions: plainPositions,
      rotaryTable: plainRotary(text),
    };
  },
};
