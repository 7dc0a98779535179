import { loadAnyresProcessor } from "../../blocks/llava/anyres-processor.ts";
import { type LlavaDefaults, parseLlavaConfig } from "../../blocks/llava/llava-config.ts";
import { llavaNames, llavaText } from "../../blocks/llava/llava-names.ts";
import { checkLlavaWeights } from "../../blocks/llava/projected-patches.ts";
import { unpaddedLines } from "../../blocks/llava/unpadded-lines.ts";
import { viewPicture } from "../../blocks/llava/view-picture.ts";
import { tilePixels } from "../../blocks/pictures/tile-feeds.ts";
import { decoderShape } from "../../blocks/text-decoder/decoder-shape.ts";
import { plainPositions, plainRotary } from "../../blocks/text-decoder/plain-positions.ts";
import { textDecoderGraph } from "../../blocks/text-decoder/text-decoder-graph.ts";
import { createWeightSource } from "../../checkpoint/weight-source.ts";
import { integerTensor } from "../../runtime/host-tensor.ts";
import type { ModelFamily } from "../model-family.ts";
import { visionGraph } from "./vision-graph.ts";

const defaults: LlavaDefaults = { vision: "clip_vision_model", text: "llama", featureLayer: -2 };

/** LLaVA-NeXT (LLaVA 1.6) with Mistral, Vicuna, Llama or Qwen2 text. It takes no videos. */
export const llavaNext: ModelFamily = {
  modelTypes: ["llava_next"],
  async open(checkpoint, options) {
    const config = parseLlavaConfig(await checkpoint.readJson("config.json"), defaults);
    const { text, vision, imageTokenId } = config;
    const { side } = vision;
    const processor = await loadAnyresProcessor(checkpoint, vision.imageSize, options);
    const weights = createWeightSource(checkpoint, llavaNames);
    const tiedEmbeddings = config.tiedEmbeddings ?? !weights.has(`${llavaText.head}.weight`);
    checkLlavaWeights(config, weights, tiedEmbeddings);
    return {
      family: "llava_next",
      graphRevision: 2,
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
        const { views, canvas, fitted } = viewPicture(picture, processor);
        const { width, height } = picture;
        const [columns, rows] = [canvas.width / processor.tile, canvas.height / processor.tile];
        const lines = unpaddedLines({ original: { width, height }, columns, rows, side });
        const newline = views.length * side * side;
        const whole = Array.from({ length: side * side }, (_, patch) => patch);
        const arrangement = [...whole, ...lines.flatMap((line) => [...line, newline])];
        return {
          feeds: [
            {
              pixel_values: tilePixels(views, vision.patchSize, processor),
              arrangement: integerTensor(arrangement),
            },
          ],
          placeholder: imageTokenId,
          tokens: arrangement.length,
          resized: fitted,
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
