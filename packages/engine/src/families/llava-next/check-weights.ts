import { affineNorm, expectShapes, type NamedShape, projection } from "../../blocks/named-shapes.ts";
import { textDecoderShapes } from "../../blocks/text-decoder/text-decoder-shapes.ts";
import { clipLayerNames } from "../../blocks/vision-tower/clip-layer-names.ts";
import { encoderLayerShapes } from "../../blocks/vision-tower/encoder-shapes.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { LlavaNextConfig } from "./config.ts";
import { textNames, visionNames } from "./weight-names.ts";

/**
 * Compares every tensor that the graphs use with config.json (names and shapes: specs/vlm.md B5).
 *
 * @throws ModelLoadError naming the first tensor that is missing or has another shape
 */
export function checkWeights(config: LlavaNextConfig, weights: WeightSource, tiedEmbeddings: boolean): void {
  expectShapes(weights, textDecoderShapes(weights, { text: config.text, names: textNames, tiedEmbeddings }));
  expectShapes(weights, visionShapes(config, weights));
}

function* visionShapes({ vision, text }: LlavaNextConfig, weights: WeightSource): Generator<NamedShape> {
  const { hiddenSize, patchSize, side } = vision;
  yield [visionNames.classToken, [hiddenSize]];
  yield [visionNames.positions, [1 + side * side, hiddenSize]];
  yield [`${visionNames.patches}.weight`, [hiddenSize, 3, patchSize, patchSize]];
  yield* affineNorm(visionNames.firstNorm, hiddenSize);
  for (let layer = 0; layer < vision.layers; layer++) {
    yield* encoderLayerShapes(weights, vision, clipLayerNames(`${visionNames.layers}.${layer}`));
  }
  yield* projection(weights, visionNames.projectorFirst, text.hiddenSize, hiddenSize);
  yield* projection(weights, visionNames.projectorSecond, text.hiddenSize, text.hiddenSize);
  yield [visionNames.newline, [text.hiddenSize]];
}
