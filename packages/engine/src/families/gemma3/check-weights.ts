import { llavaText, llavaTower } from "../../blocks/llava/llava-names.ts";
import { expectShapes, type NamedShape } from "../../blocks/named-shapes.ts";
import { textDecoderShapes } from "../../blocks/text-decoder/text-decoder-shapes.ts";
import { clipTowerShapes } from "../../blocks/vision-tower/clip-tower.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { Gemma3Config } from "./config.ts";
import { projectionNorm, projectionWeight } from "./weight-names.ts";

/**
 * Compares every tensor that the graphs use with config.json.
 *
 * @throws ModelLoadError naming the first tensor that is missing or has another shape
 */
export function checkWeights({ text, vision, tiedEmbeddings }: Gemma3Config, weights: WeightSource): void {
  expectShapes(weights, textDecoderShapes(weights, { text, names: llavaText, tiedEmbeddings }));
  expectShapes(weights, feedForwardNorms(text.layers, text.hiddenSize));
  expectShapes(weights, clipTowerShapes(weights, { config: vision, prefix: llavaTower, lastNorm: true }));
  expectShapes(weights, [
    [projectionNorm, [vision.hiddenSize]],
    [projectionWeight, [vision.hiddenSize, text.hiddenSize]],
  ]);
}

function* feedForwardNorms(layers: number, hiddenSize: number): Generator<NamedShape> {
  for (let layer = 0; layer < layers; layer++) {
    const prefix = `${llavaText.model}.layers.${layer}`;
    yield [`${prefix}.pre_feedforward_layernorm.weight`, [hiddenSize]];
    yield [`${prefix}.post_feedforward_layernorm.weight`, [hiddenSize]];
  }
}
