import type { LinearFormat } from "../../blocks/linear.ts";
import { clipLayerNames } from "../../blocks/vision-tower/clip-layer-names.ts";
import { encoderLayer } from "../../blocks/vision-tower/encoder-layer.ts";
import { patchEmbedding } from "../../blocks/vision-tower/patch-embedding.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph } from "../../onnx/onnx-graph.ts";
import type { NvilaVisionConfig } from "./config.ts";
import { projector } from "./projector.ts";
import { visionNames } from "./weight-names.ts";

/**
 * SigLIP up to the layer that is used, and the projector (specs/vlm.md B6).
 *
 * Input: `pixel_values` [tiles · patches, 3 · patchSize²]. Output: `image_features` [rows, text hidden], the rows of
 * the tiles one after the other.
 *
 * @param textWidth hidden size of the language model
 */
export function visionGraph(
  config: NvilaVisionConfig,
  weights: WeightSource,
  { format, textWidth }: { readonly format: LinearFormat; readonly textWidth: number },
): OnnxGraph {
  const graph = new GraphBuilder();
  const { side, hiddenSize, patchSize } = config;
  let rows = patchEmbedding(graph, weights, {
    patchSize,
    patches: side * side,
    hiddenSize,
    projection: visionNames.patches,
    positions: visionNames.positions,
  });
  for (let layer = 0; layer < config.layers; layer++) {
    const names = clipLayerNames(`${visionNames.layers}.${layer}`);
    rows = encoderLayer(graph, weights, rows, { config, names, format });
  }
  const features = projector(graph, weights, rows, { vision: config, textWidth, format });
  const flat = graph.node("Reshape", [features, graph.constant("int64", [2], [-1, textWidth])]);
  graph.output(flat, "image_features", "float32", ["rows", textWidth]);
  return graph.finish();
}
