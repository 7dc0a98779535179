import type { LinearFormat } from "../../blocks/linear.ts";
import type { LlavaConfig } from "../../blocks/llava/llava-config.ts";
import { projectedPatches } from "../../blocks/llava/projected-patches.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph } from "../../onnx/onnx-graph.ts";

/**
 * The tower, the projector, and the order of the rows (specs/vlm.md B5).
 *
 * Inputs: `pixel_values` [views · patches, 3 · patchSize²] of one picture; `arrangement` [rows], for every feature row
 * the patch that it is made from, counted over all views, or views · patches for the newline.
 * Output: `image_features` [rows, text hidden].
 */
export function visionGraph(config: LlavaConfig, weights: WeightSource, format: LinearFormat): OnnxGraph {
  const graph = new GraphBuilder();
  const patches = projectedPatches(graph, weights, config, format);
  const arranged = graph.node("Gather", [patches, graph.input("arrangement", "int64", ["rows"])], { axis: 0 });
  graph.output(arranged, "image_features", "float32", ["rows", config.text.hiddenSize]);
  return graph.finish();
}
