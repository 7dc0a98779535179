import { expectShapes, type NamedShape, projection } from "../../blocks/named-shapes.ts";
import { textDecoderShapes } from "../../blocks/text-decoder/text-decoder-shapes.ts";
import { clipTowerShapes } from "../../blocks/vision-tower/clip-tower.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { SmolVlmConfig } from "./config.ts";
import { connector, textNames, towerPrefix } from "./weight-names.ts";

/**
 * Compares every tensor that the graphs use with config.json (names and shapes: specs/vlm.md B8).
 *
 * @throws ModelLoadError naming the first tensor that is missing or has another shape
 */
export function checkWeights(config: SmolVlmConfig, weights: WeightSource, tiedEmbeddings: boolean): void {
  expectShapes(weights, textDecoderShapes(weights, { text: config.text, names: textNames, tiedEmbeddings }));
  expectShapes(weights, visionShapes(config, weights));
}

function* visionShapes({ vision, text }: SmolVlmConfig, weights: WeightSource): Generator<NamedShape> {
  yield* clipTowerShapes(weights, { config: vision, prefix: towerPrefix, lastNorm: true });
  yield* projection(weights, connector, text.hiddenSize, vision.scaleFactor ** 2 * vision.hiddenSize);
}
