import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { affineNorm, type NamedShape, projection } from "../named-shapes.ts";
import { encoderLayerShapes } from "../vision-tower/encoder-shapes.ts";
import type { Qwen3VisionConfig } from "./vision-config.ts";
import { blockNames, visionNames } from "./vision-names.ts";

/** The tensors that the vision graph reads; biases of linear layers only where the checkpoint has them. */
export function* visionShapes(vision: Qwen3VisionConfig, weights: WeightSource): Generator<NamedShape> {
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
