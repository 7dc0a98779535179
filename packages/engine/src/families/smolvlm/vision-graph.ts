import { type LinearFormat, linear } from "../../blocks/linear.ts";
import { clipTower } from "../../blocks/vision-tower/clip-tower.ts";
import { pixelShuffle } from "../../blocks/vision-tower/pixel-shuffle.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph } from "../../onnx/onnx-graph.ts";
import type { SmolVlmVisionConfig } from "./config.ts";
import { connector, towerPrefix } from "./weight-names.ts";

/**
 * SigLIP, pixel shuffle and the linear connector (specs/vlm.md B8 "Vision").
 *
 * Input: `pixel_values` [tiles · patches, 3 · patchSize²]. Output: `image_features` [rows, text hidden], the rows of
 * the tiles one after the other.
 *
 * @param textWidth hidden size of the language model
 */
export function visionGraph(
  config: SmolVlmVisionConfig,
  weights: WeightSource,
  { format, textWidth }: { readonly format: LinearFormat; readonly textWidth: number },
): OnnxGraph {
  const graph = new GraphBuilder();
  const { side, scaleFactor, hiddenSize } = config;
  const rows = clipTower(graph, weights, { config, prefix: towerPrefix, lastNorm: true }, format);
  const joined = pixelShuffle(graph, rows, { side, factor: scaleFactor, hiddenSize });
  const features = linear(graph, weights, joined, { parts: [connector], format });
  const flat = graph.node("Reshape", [features, graph.constant("int64", [2], [-1, textWidth])]);
  graph.output(flat, "image_features", "float32", ["rows", textWidth]);
  return graph.finish();
}
