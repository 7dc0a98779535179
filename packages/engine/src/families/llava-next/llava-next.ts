import type { LlavaDefaults } from "../../blocks/llava/llava-config.ts";
import { openLlava } from "../../blocks/llava/open-llava.ts";
import { unpaddedLines } from "../../blocks/llava/unpadded-lines.ts";
import { viewPicture } from "../../blocks/llava/view-picture.ts";
import { tilePixels } from "../../blocks/pictures/tile-feeds.ts";
import { integerTensor } from "../../runtime/host-tensor.ts";
import type { ModelFamily } from "../model-family.ts";
import { visionGraph } from "./vision-graph.ts";

const defaults: LlavaDefaults = { vision: "clip_vision_model", text: "llama", featureLayer: -2 };

/** LLaVA-NeXT (LLaVA 1.6) with Mistral, Vicuna, Llama or Qwen2 text. It takes no videos. */
export const llavaNext: ModelFamily = {
  modelTypes: ["llava_next"],
  async open(checkpoint, options) {
    const { config, processor, model, decoderGraph } = await openLlava(checkpoint, defaults, options);
    const { side, patchSize } = config.vision;
    return {
      family: "llava_next",
      graphRevision: 2,
      ...model,
      graphs: (formats) => ({
        vision: visionGraph(config, model.weights, formats.vision),
        decoder: decoderGraph(formats.decoder),
      }),
      prepareImage: (picture) => {
        const { views, canvas, fitted } = viewPicture(picture, processor);
        const { width, height } = picture;
        const [columns, rows] = [canvas.width / processor.tile, canvas.height / processor.tile];
        const lines = unpaddedLines({ original: { width, height }, columns, rows, side });
        const newline = views.length * side * side;
        const whole = Array.from({ length: side * side }, (_, patch) => patch);
        const arrangement = [...whole, ...lines.flatMap((line) => [...line, newline])];
        const pixels = tilePixels(views, patchSize, processor);
        return {
          feeds: [{ pixel_values: pixels, arrangement: integerTensor(arrangement) }],
          placeholder: config.imageTokenId,
          tokens: arrangement.length,
          resized: fitted,
          grid: { t: 1, h: rows * side, w: columns * side },
          timeStep: 0,
        };
      },
      video: undefined,
    };
  },
};
