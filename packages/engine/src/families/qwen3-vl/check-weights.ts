import { affineNorm, expectShapes, type NamedShape, projection } from "../../blocks/named-shapes.ts";
import { textDecoderShapes } from "../../blocks/text-decoder/text-decoder-shapes.ts";
import { encoderLayerShapes } from "../../blocks/vision-tower/encoder-shapes.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { Qwen3VlConfig, Qwen3VlVisionConfig } from "./config.ts";
import { blockNames, textNames, visionNames } from "./weight-names.ts";

/**
 * Compares every tensor that the graphs use with config.json (names and shapes: specs/vlm.md B2).
 *
 * @throws ModelLoadError naming the first tensor that is missing or has another shape
 */
export function checkWeights(config: Qwen3VlConfig, weights: WeightSource, tiedEmbeddings: boolean): void {
  expectShapes(weights, textDecoderShapes(weights, { text: config.text, names: textNames, tiedEmbeddings }));
  expectShapes(weights, visionShapes(config.vision, weights));
}

function* visionShapes(vision: Qwen3VlVisionConfig, weights: WeightSource): Generator<NamedShape> {
  const { hiddenSize, patchSize, temporalPatchSize, positionSide, mergeSize, outHiddenSize } = vision;
  yield [`${visionNames.patches}.weight`, [hiddenSize, 3, temporalPatchSize, patchSize, patchSize]];
  yield [visionNames.positions, [positionSide ** 2, hiddenSize]];
  for (let block = 0; block < vision.layers; block++) {
    yield* encoderLayerShapes(weights, vision, blockNames(block));
  }
  const merged = mergeSize ** 2 * hiddenSize;
  const mergers = [
    { prefix: visionNames.merger, norm: hiddenSize },
    ...vision.deepstackBlocks.map((_, index) => ({ prefix: `${visionNames.deepstackMergers}.${index}`, norm: merged })),
  ];
  for (const { prefix, norm } of mergers) {
    yield* affineNorm(`${prefix}.norm`, norm);
    yield* projection(weights, `${prefix}.linear_fc1`, merged, merged);
    yield* projection(weights, `${prefix}.linear_fc2`, outHiddenSize, merged);
  }
}
