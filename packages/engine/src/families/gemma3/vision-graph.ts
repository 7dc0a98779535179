import type { LinearFormat } from "../../blocks/linear.ts";
import { llavaTower } from "../../blocks/llava/llava-names.ts";
import { rmsNorm } from "../../blocks/rms-norm.ts";
import { vector } from "../../blocks/vector.ts";
import { clipTower } from "../../blocks/vision-tower/clip-tower.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph } from "../../onnx/onnx-graph.ts";
import type { Gemma3Config } from "./config.ts";
import { projectionNorm, projectionWeight } from "./weight-names.ts";

/**
 * SigLIP, the mean of every square of patches, a norm and a projection (Gemma 3 report, arXiv:2503.19786).
 *
 * Input: `pixel_values` [pictures · patches, 3 · patchSize²]. Output: `image_features` [rows, text hidden], the rows of
 * the pictures one after the other.
 */
export function visionGraph(
  { vision: config, tokenSide, text }: Gemma3Config,
  weights: WeightSource,
  format: LinearFormat,
): OnnxGraph {
  const graph = new GraphBuilder();
  const { side, hiddenSize, epsilon } = config;
  const patches = clipTower(graph, weights, { config, prefix: llavaTower, lastNorm: true }, format);
  const cell = side / tokenSide;
  const split = graph.constant("int64", [6], [-1, tokenSide, cell, tokenSide, cell, hiddenSize]);
  const axes = graph.constant("int64", [2], [2, 4]);
  const pooled = graph.node("ReduceMean", [graph.node("Reshape", [patches, split]), axes], { keepdims: 0 });
  const rows = graph.node("Reshape", [pooled, graph.constant("int64", [2], [-1, hiddenSize])]);
  const normed = rmsNorm(graph, weights, rows, projectionNorm, epsilon);
  const features = graph.node("MatMul", [normed, vector(graph, weights, projectionWeight)]);
  graph.output(features, "image_features", "float32", ["rows", text.hiddenSize]);
  return graph.finish();
}
