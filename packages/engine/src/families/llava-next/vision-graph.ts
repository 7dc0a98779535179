import { layerNorm } from "../../blocks/layer-norm.ts";
import type { LinearFormat } from "../../blocks/linear.ts";
import { mlp } from "../../blocks/mlp.ts";
import { vector } from "../../blocks/vector.ts";
import { clipLayerNames } from "../../blocks/vision-tower/clip-layer-names.ts";
import { dropClassToken } from "../../blocks/vision-tower/drop-class-token.ts";
import { encoderLayer } from "../../blocks/vision-tower/encoder-layer.ts";
import { patchEmbedding } from "../../blocks/vision-tower/patch-embedding.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph } from "../../onnx/onnx-graph.ts";
import type { LlavaNextVisionConfig } from "./config.ts";
import { visionNames } from "./weight-names.ts";

/**
 * CLIP up to the layer that is used, the projector, and the order of the rows (specs/vlm.md B5).
 *
 * Inputs: `pixel_values` [views · patches, 3 · patchSize²] of one picture; `arrangement` [rows], for every feature row
 * the patch that it is made from, counted over all views, or views · patches for the newline.
 * Output: `image_features` [rows, text hidden].
 *
 * @param textWidth hidden size of the language model
 */
export function visionGraph(
  config: LlavaNextVisionConfig,
  weights: WeightSource,
  { format, textWidth }: { readonly format: LinearFormat; readonly textWidth: number },
): OnnxGraph {
  const graph = new GraphBuilder();
  const { side, hiddenSize, patchSize, epsilon } = config;
  const embedded = patchEmbedding(graph, weights, {
    patchSize,
    patches: side * side,
    hiddenSize,
    projection: visionNames.patches,
    positions: visionNames.positions,
    classToken: visionNames.classToken,
  });
  let rows = layerNorm(graph, weights, embedded, visionNames.firstNorm, epsilon);
  for (let layer = 0; layer < config.layers; layer++) {
    const names = clipLayerNames(`${visionNames.layers}.${layer}`);
    rows = encoderLayer(graph, weights, rows, { config, names, format });
  }
  const { projectorFirst: first, projectorSecond: second } = visionNames;
  const projected = mlp(graph, weights, dropClassToken(graph, rows), {
    ...{ first, second, format },
    act: config.projectorAct,
  });
  const shape = graph.constant("int64", [2], [-1, textWidth]);
  const patches = graph.node("Reshape", [projected, shape]);
  const newline = graph.node("Reshape", [vector(graph, weights, visionNames.newline), shape]);
  const all = graph.node("Concat", [patches, newline], { axis: 0 });
  const arrangement = graph.input("arrangement", "int64", ["rows"]);
  const arranged = graph.node("Gather", [all, arrangement], { axis: 0 });
  graph.output(arranged, "image_features", "float32", ["rows", textWidth]);
  return graph.finish();
}
