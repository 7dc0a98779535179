import { expectShape, type WeightSource } from "../checkpoint/weight-source.ts";

/** The name of a tensor and the shape that config.json asks for. */
export type NamedShape = readonly [name: string, shape: readonly number[]];

/** A linear layer; its bias is checked where the checkpoint has one. */
export function* projection(
  weights: WeightSource,
  name: string,
  outputs: number,
  inputs: number,
): Generator<NamedShape> {
  yield [`${name}.weight`, [outputs, inputs]];
  if (weights.has(`${name}.bias`)) yield [`${name}.bias`, [outputs]];
}

/** A norm with weight and bias. */
export function* affineNorm(name: string, width: number): Generator<NamedShape> {
  yield [`${name}.weight`, [width]];
  yield [`${name}.bias`, [width]];
}

/**
 * Compares tensors with config.json, so that a mix-up or a gap is found before anything is computed.
 *
 * @throws ModelLoadError naming the first tensor that is missing or has another shape
 */
export function expectShapes(weights: WeightSource, shapes: Iterable<NamedShape>): void {
  for (const [name, shape] of shapes) expectShape(weights, name, shape);
}
