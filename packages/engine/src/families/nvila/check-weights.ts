import { expectShapes, type NamedShape } from "../../blocks/named-shapes.ts";
import { textDecoderShapes } from "../../blocks/text-decoder/text-decoder-shapes.ts";
import { clipLayerNames } from "../../blocks/vision-tower/clip-layer-names.ts";
import { encoderLayerShapes } from "../../blocks/vision-tower/encoder-shapes.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { NvilaConfig } from "./config.ts";
import { projectorShapes } from "./projector.ts";
import { textNames, visionNames } from "./weight-names.ts";

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
  const { hiddenSize, patchSize, side } = vision;
  yield [`${visionNames.patches}.weight`, [hiddenSize, 3, patchSize, patchSize]];
  yield [`${visionNames.patches}.bias`, [hiddenSize]];
  yield [visionNames.positions, [side * side, hiddenSize]];
  for (let layer = 0; layer < vision.layers; layer++) {
    yield* encoderLayerShapes(weights, vision, clipLayerNames(`${visionNames.layers}.${layer}`));
  }
  yield* projectorShapes(weights, vision, text.hiddenSize);
}
