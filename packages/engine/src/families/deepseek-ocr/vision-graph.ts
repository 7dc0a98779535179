import { layerNorm } from "../../blocks/layer-norm.ts";
import { type LinearFormat, linear } from "../../blocks/linear.ts";
import { vector } from "../../blocks/vector.ts";
import { dropClassToken } from "../../blocks/vision-tower/drop-class-token.ts";
import { encoderLayer } from "../../blocks/vision-tower/encoder-layer.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph, Value } from "../../onnx/onnx-graph.ts";
import { resizedGrid } from "./resized-grid.ts";
import { samTower } from "./sam-tower.ts";
import type { DeepseekVisionConfig } from "./vision-config.ts";
import { clipLayerNames, visionNames } from "./weight-names.ts";

/**
 * SAM's tower, CLIP's tower over its output, and the projection of both together (specs/vlm.md B7), for square views of
 * any one size.
 *
 * Inputs beside those of {@link samTower}: `side` [1] patches along the side of a view; `clip_taps` [cells, stored side]
 * (see `viewShape`); `arrangement` [rows], for every feature row the cell that it is made from, counted over all views,
 * or views · cells² for the newline and one more for the separator.
 * Output: `image_features` [rows, text hidden].
 *
 * @param textWidth hidden size of the language model
 */
export function visionGraph(
  { sam, clip }: DeepseekVisionConfig,
  weights: WeightSource,
  { format, textWidth }: { readonly format: LinearFormat; readonly textWidth: number },
): OnnxGraph {
  const graph = new GraphBuilder();
  const integers = (...values: number[]): Value => graph.constant("int64", [values.length], values);
  const map = samTower(graph, weights, { sam, side: graph.input("side", "int64", [1]), format });
  const seen = graph.node("Transpose", [graph.node("Reshape", [map, integers(0, clip.hiddenSize, -1)])], {
    perm: [0, 2, 1],
  });

  const embedded = clipEmbedding(graph, weights, seen, clip);
  let rows = layerNorm(graph, weights, embedded, visionNames.clipFirstNorm, clip.epsilon);
  for (let layer = 0; layer < clip.layers; layer++) {
    rows = encoderLayer(graph, weights, rows, { config: clip, names: clipLayerNames(layer), format });
  }
  const both = graph.node("Concat", [dropClassToken(graph, rows), seen], { axis: -1 });
  const projected = linear(graph, weights, both, { parts: [visionNames.projector], format });

  const row = integers(-1, textWidth);
  const [cells, newline, separator] = [
    projected,
    vector(graph, weights, visionNames.newline),
    vector(graph, weights, visionNames.separator),
  ].map((value) => graph.node("Reshape", [value, row]));
  const all = graph.node("Concat", [cells, newline, separator], { axis: 0 });
  const arranged = graph.node("Gather", [all, graph.input("arrangement", "int64", ["rows"])], { axis: 0 });
  graph.output(arranged, "image_features", "float32", ["rows", textWidth]);
  return graph.finish();
}

/** The class token and what the first tower made, each with its place. */
function clipEmbedding(
  graph: GraphBuilder,
  weights: WeightSource,
  seen: Value,
  { hiddenSize, positionSide }: DeepseekVisionConfig["clip"],
): Value {
  const integers = (...values: number[]): Value => graph.constant("int64", [values.length], values);
  const stored = vector(graph, weights, visionNames.clipPositions);
  const sizes = integers(1, positionSide * positionSide);
  const [classPlace, grid] = graph.nodes("Split", [stored, sizes], { axis: 0 }, { outputs: 2 });
  const taps = graph.input("clip_taps", "float32", ["cells", positionSide]);
  const places = resizedGrid(graph, grid, taps, { side: positionSide, width: hiddenSize });
  const classToken = graph.node("Add", [vector(graph, weights, visionNames.clipClassToken), classPlace]);
  const views = graph.node("Shape", [seen], { start: 0, end: 1 });
  const repeated = graph.node("Concat", [views, integers(1, hiddenSize)], { axis: 0 });
  const first = graph.node("Expand", [graph.node("Reshape", [classToken, integers(1, 1, hiddenSize)]), repeated]);
  return graph.node("Concat", [first, graph.node("Add", [seen, places])], { axis: 1 });
}
