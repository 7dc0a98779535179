import type { LinearFormat } from "../../blocks/linear.ts";
import type { LlavaConfig } from "../../blocks/llava/llava-config.ts";
import { projectedPatches } from "../../blocks/llava/projected-patches.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph } from "../../onnx/onnx-graph.ts";

/**
 * The tower, the projector, and rows mixed from patches: large pictures and all clips have their features interpolated
 * (LLaVA-OneVision, arXiv:2408.03326).
 *
 * Inputs: `pixel_values` [views · patches, 3 · patchSize²]; `arrangement` and `shares` [rows, 4], the patches that every
 * feature row is mixed from, counted over all views, views · patches being the newline.
 * Output: `image_features` [rows, text hidden].
 */
export function visionGraph(config: LlavaConfig, weights: WeightSource, format: LinearFormat): OnnxGraph {
  const graph = new GraphBuilder();
  const patches = projectedPatches(graph, weights, config, format);
  const arrangement = graph.input("arrangement", "int64", ["rows", 4]);
  const shares = graph.input("shares", "float32", ["rows", 4]);
  const four = { axis: 1, num_outputs: 4 };
  const indices = graph.nodes("Split", [arrangement], four, { outputs: 4 });
  const parts = graph.nodes("Split", [shares], four, { outputs: 4 }).map((share, tap) => {
    const index = graph.node("Squeeze", [indices[tap]!, graph.constant("int64", [1], [1])]);
    return graph.node("Mul", [graph.node("Gather", [patches, index], { axis: 0 }), share]);
  });
  graph.output(graph.node("Sum", parts), "image_features", "float32", ["rows", config.text.hiddenSize]);
  return graph.finish();
}
