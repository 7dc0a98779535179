import { expectShapes, type NamedShape } from "../../blocks/named-shapes.ts";
import { textDecoderShapes } from "../../blocks/text-decoder/text-decoder-shapes.ts";
import { clipTowerShapes } from "../../blocks/vision-tower/clip-tower.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { NvilaConfig } from "./config.ts";
import { projectorShapes } from "./projector.ts";
import { textNames, towerPrefix } from "./weight-names.ts";

/**
 * Compares every tensor that the graphs use with the configuration (names and shapes: specs/vlm.md B6).
 *
 * @throws ModelLoadError naming the first tensor that is missing or has another shape
 */
export function checkWeights(config: NvilaConfig, weights: WeightSource, tiedEmbeddings: boolean): void {
  expectShapes(weights, textDecoderShapes(weights, { text: config.text, names: textNames, tiedEmbeddings }));
  expectShapes(weights, visionShapes(config, weights));
}

function* visionShapes({ vision, text }: NvilaConfig, weights: WeightSource): Generator<NamedShape> {
  yield* clipTowerShapes(weights, { config: vision, prefix: towerPrefix, lastNorm: false });
  yield* projectorShapes(weights, vision, text.hiddenSize);
}
