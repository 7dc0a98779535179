import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { affineNorm, type NamedShape, projection } from "../named-shapes.ts";
import type { EncoderConfig, EncoderLayerNames } from "./encoder-layer.ts";

/** The tensors that one encoder layer reads; biases of linear layers only where the checkpoint has them. */
export function* encoderLayerShapes(
  weights: WeightSource,
  config: EncoderConfig,
  names: EncoderLayerNames,
): Generator<NamedShape> {
  const { hiddenSize, intermediateSize } = config;
  for (const norm of [names.norm1, names.norm2]) {
    if (config.norm === "layer") yield* affineNorm(norm, hiddenSize);
    else yield [`${norm}.weight`, [hiddenSize]];
  }
  for (const name of names.qkv) yield* projection(weights, name, (3 * hiddenSize) / names.qkv.length, hiddenSize);
  for (const norm of [names.queryNorm, names.keyNorm]) if (norm !== undefined) yield [`${norm}.weight`, [hiddenSize]];
  for (const scale of [names.attentionScale, names.mlpScale]) if (scale !== undefined) yield [scale, [hiddenSize]];
  yield* projection(weights, names.out, hiddenSize, hiddenSize);
  yield* projection(weights, names.fc1, intermediateSize, hiddenSize);
  yield* projection(weights, names.fc2, hiddenSize, intermediateSize);
}
