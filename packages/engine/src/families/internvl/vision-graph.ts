import { layerNorm } from "../../blocks/layer-norm.ts";
import type { LinearFormat } from "../../blocks/linear.ts";
import { mlp } from "../../blocks/mlp.ts";
import { dropClassToken } from "../../blocks/vision-tower/drop-class-token.ts";
import { encoderLayer } from "../../blocks/vision-tower/encoder-layer.ts";
import { patchEmbedding } from "../../blocks/vision-tower/patch-embedding.ts";
import { pixelShuffle } from "../../blocks/vision-tower/pixel-shuffle.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph } from "../../onnx/onnx-graph.ts";
import type { InternVlVisionConfig } from "./config.ts";
import { layerNames, visionNames } from "./weight-names.ts";

/** ε of the projector's norm: torch's default, not part of config.json. */
const projectorEpsilon = 1e-5;

/**
 * InternViT, pixel shuffle and the projector (specs/vlm.md B4 "Block", "Pixel-shuffle").
 *
 * Input: `pixel_values` [tiles · patches, 3 · patchSize²]. Output: `image_features` [rows, text hidden], the rows of
 * the tiles one after the other.
 *
 * @param textWidth hidden size of the language model
 */
export function visionGraph(
  config: InternVlVisionConfig,
  weights: WeightSource,
  { format, textWidth }: { readonly format: LinearFormat; readonly textWidth: number },
): OnnxGraph {
  const graph = new GraphBuilder();
  const { side, shuffle, hiddenSize, patchSize } = config;
  let rows = patchEmbedding(graph, weights, {
    patchSize,
    patches: side * side,
    hiddenSize,
    projection: visionNames.patches,
    positions: visionNames.positions,
    classToken: visionNames.classToken,
  });
  for (let layer = 0; layer < config.layers; layer++) {
    rows = encoderLayer(graph, weights, rows, { config, names: layerNames(weights, config, layer), format });
  }
  const joined = pixelShuffle(graph, dropClassToken(graph, rows), { side, factor: shuffle, hiddenSize });
  const normed = layerNorm(graph, weights, joined, visionNames.projectorNorm, projectorEpsilon);
  const { projectorFirst: first, projectorSecond: second } = visionNames;
  const features = mlp(graph, weights, normed, { first, second, act: config.projectorAct, format });
  const flat = graph.node("Reshape", [features, graph.constant("int64", [2], [-1, textWidth])]);
  graph.output(flat, "image_features", "float32", ["rows", textWidth]);
  return graph.finish();
}
