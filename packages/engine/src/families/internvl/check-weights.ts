import { affineNorm, expectShapes, type NamedShape, projection } from "../../blocks/named-shapes.ts";
import { textDecoderShapes } from "../../blocks/text-decoder/text-decoder-shapes.ts";
import { encoderLayerShapes } from "../../blocks/vision-tower/encoder-shapes.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { InternVlConfig } from "./config.ts";
import { layerNames, textNames, visionNames } from "./weight-names.ts";

/**
 * Compares every tensor that the graphs use with config.json (names and shapes: specs/vlm.md B4).
 *
 * @throws ModelLoadError naming the first tensor that is missing or has another shape
 */
export function checkWeights(config: InternVlConfig, weights: WeightSource, tiedEmbeddings: boolean): void {
  expectShapes(weights, textDecoderShapes(weights, { text: config.text, names: textNames, tiedEmbeddings }));
  expectShapes(weights, visionShapes(config, weights));
}

function* visionShapes({ vision, text }: InternVlConfig, weights: WeightSource): Generator<NamedShape> {
  const { hiddenSize, patchSize, side, shuffle } = vision;
  yield [visionNames.classToken, [1, 1, hiddenSize]];
  yield [visionNames.positions, [1, 1 + side * side, hiddenSize]];
  yield [`${visionNames.patches}.weight`, [hiddenSize, 3, patchSize, patchSize]];
  yield [`${visionNames.patches}.bias`, [hiddenSize]];
  for (let layer = 0; layer < vision.layers; layer++) {
    yield* encoderLayerShapes(weights, vision, layerNames(weights, vision, layer));
  }
  const joined = shuffle * shuffle * hiddenSize;
  yield* affineNorm(visionNames.projectorNorm, joined);
  yield* projection(weights, visionNames.projectorFirst, text.hiddenSize, joined);
  yield* projection(weights, visionNames.projectorSecond, text.hiddenSize, text.hiddenSize);
}
