import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Value } from "../../onnx/onnx-graph.ts";
import type { LinearFormat } from "../linear.ts";
import { mlp } from "../mlp.ts";
import { expectShapes, type NamedShape, projection } from "../named-shapes.ts";
import { textDecoderShapes } from "../text-decoder/text-decoder-shapes.ts";
import { vector } from "../vector.ts";
import { clipTower, clipTowerShapes } from "../vision-tower/clip-tower.ts";
import type { LlavaConfig } from "./llava-config.ts";
import { llavaNewline, llavaProjector, llavaText, llavaTower } from "./llava-names.ts";

const [first, second] = [`${llavaProjector}.linear_1`, `${llavaProjector}.linear_2`];

/**
 * The patches of all views behind the projector, one after the other, and the newline as the last row: what the rows of
 * a picture are chosen from (specs/vlm.md B5). Declares the input `pixel_values` [views · patches, 3 · patchSize²].
 *
 * @returns [views · patches + 1, text hidden]
 */
export function projectedPatches(
  graph: GraphBuilder,
  weights: WeightSource,
  { text, vision: config, projectorAct: act }: LlavaConfig,
  format: LinearFormat,
): Value {
  const rows = clipTower(graph, weights, { config, prefix: llavaTower, lastNorm: false }, format);
  const projected = mlp(graph, weights, rows, { first, second, format, act });
  const shape = graph.constant("int64", [2], [-1, text.hiddenSize]);
  const patches = graph.node("Reshape", [projected, shape]);
  const newline = graph.node("Reshape", [vector(graph, weights, llavaNewline), shape]);
  return graph.node("Concat", [patches, newline], { axis: 0 });
}

/**
 * Compares every tensor that the graphs use with config.json.
 *
 * @throws ModelLoadError naming the first tensor that is missing or has another shape
 */
export function checkLlavaWeights(config: LlavaConfig, weights: WeightSource, tiedEmbeddings: boolean): void {
  expectShapes(weights, textDecoderShapes(weights, { text: config.text, names: llavaText, tiedEmbeddings }));
  expectShapes(weights, visionShapes(config, weights));
}

function* visionShapes({ vision: config, text }: LlavaConfig, weights: WeightSource): Generator<NamedShape> {
  yield* clipTowerShapes(weights, { config, prefix: llavaTower, lastNorm: false });
  yield* projection(weights, first, text.hiddenSize, config.hiddenSize);
  yield* projection(weights, second, text.hiddenSize, text.hiddenSize);
  yield [llavaNewline, [text.hiddenSize]];
}
