import type { LinearFormat } from "../../blocks/linear.ts";
import { clipTower } from "../../blocks/vision-tower/clip-tower.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph } from "../../onnx/onnx-graph.ts";
import type { NvilaVisionConfig } from "./config.ts";
import { projector } from "./projector.ts";
import { towerPrefix } from "./weight-names.ts";

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
  const rows = clipTower(graph, weights, { config, prefix: towerPrefix, lastNorm: false }, format);
  const features = projector(graph, weights, rows, { vision: config, textWidth, format });
  const flat = graph.node("Reshape", [features, graph.constant("int64", [2], [-1, textWidth])]);
  graph.output(flat, "image_features", "float32", ["rows", textWidth]);
  return graph.finish();
}
