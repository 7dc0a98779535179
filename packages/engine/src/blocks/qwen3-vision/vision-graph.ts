import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph, Value } from "../../onnx/onnx-graph.ts";
import { layerNorm } from "../layer-norm.ts";
import { type LinearFormat, linear } from "../linear.ts";
import { mlp } from "../mlp.ts";
import { vector } from "../vector.ts";
import { encoderLayer } from "../vision-tower/encoder-layer.ts";
import type { Qwen3VisionConfig } from "./vision-config.ts";
import { blockNames, visionNames } from "./vision-names.ts";

/**
 * The vision tower for one temporal slice: patch embedding, learned positions interpolated between four cells of their
 * grid, blocks with rotary positions, mergers (specs/vlm.md B2 "Vision").
 *
 * Inputs, for P patches in merge-block order: `pixel_values` [P, pixels]; `cos`, `sin` [1, P, headDim/2]; `cells`
 * [P, 4] and `cell_weights` [P, 4, 1] of the position grid.
 * Output: `image_features` [P / merge², outHiddenSize · (1 + deepstack)], the embedding of each merged cell and behind
 * it what the first layers of the language model are given.
 */
export function visionGraph(config: Qwen3VisionConfig, weights: WeightSource, format: LinearFormat): OnnxGraph {
  const graph = new GraphBuilder();
  const { hiddenSize, heads, patchSize, temporalPatchSize, outHiddenSize, deepstackBlocks } = config;
  const pixels = graph.input("pixel_values", "float32", ["patches", 3 * temporalPatchSize * patchSize ** 2]);
  const rotary = {
    cos: graph.input("cos", "float32", [1, "patches", hiddenSize / heads / 2]),
    sin: graph.input("sin", "float32", [1, "patches", hiddenSize / heads / 2]),
  };
  const embedded = linear(graph, weights, pixels, { parts: [visionNames.patches], format: { kind: "float32" } });
  const placed = graph.node("Add", [embedded, interpolatedPositions(graph, weights)]);
  let rows = graph.node("Reshape", [placed, graph.constant("int64", [3], [1, -1, hiddenSize])]);
  const deepstack = new Map<number, Value>();
  for (let block = 0; block < config.layers; block++) {
    rows = encoderLayer(graph, weights, rows, { config, names: blockNames(block), format, rotary });
    for (const [index, source] of deepstackBlocks.entries()) {
      if (source !== block) continue;
      const prefix = `${visionNames.deepstackMergers}.${index}`;
      const normed = layerNorm(graph, weights, joined(graph, rows, config), `${prefix}.norm`, config.epsilon);
      deepstack.set(index, projected(graph, weights, normed, { prefix, format }));
    }
  }
  const normed = layerNorm(graph, weights, rows, `${visionNames.merger}.norm`, config.epsilon);
  const features = projected(graph, weights, joined(graph, normed, config), { prefix: visionNames.merger, format });
  const parts = [features, ...deepstackBlocks.map((_, index) => deepstack.get(index)!)];
  const all = graph.node("Concat", parts, { axis: 1 });
  graph.output(all, "image_features", "float32", ["cells", outHiddenSize * parts.length]);
  return graph.finish();
}

/** [P, hidden]: the learned positions around each patch, weighted. */
function interpolatedPositions(graph: GraphBuilder, weights: WeightSource): Value {
  const cells = graph.input("cells", "int64", ["patches", 4]);
  const cellWeights = graph.input("cell_weights", "float32", ["patches", 4, 1]);
  const taken = graph.node("Gather", [vector(graph, weights, visionNames.positions), cells], { axis: 0 });
  const weighted = graph.node("Mul", [taken, cellWeights]);
  return graph.node("ReduceSum", [weighted, graph.constant("int64", [1], [1])], { keepdims: 0 });
}

/** [1, P, hidden] → [P / merge², merge² · hidden] */
function joined(graph: GraphBuilder, rows: Value, { mergeSize, hiddenSize }: Qwen3VisionConfig): Value {
  return graph.node("Reshape", [rows, graph.constant("int64", [2], [-1, mergeSize ** 2 * hiddenSize])]);
}

function projected(
  graph: GraphBuilder,
  weights: WeightSource,
  x: Value,
  { prefix, format }: { readonly prefix: string; readonly format: LinearFormat },
): Value {
  return mlp(graph, weights, x, {
    first: `${prefix}.linear_fc1`,
    second: `${prefix}.linear_fc2`,
    act: "gelu",
    format,
  });
}
