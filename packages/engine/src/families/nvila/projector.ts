import { activation } from "../../blocks/activation.ts";
import { layerNorm } from "../../blocks/layer-norm.ts";
import { type LinearFormat, linear } from "../../blocks/linear.ts";
import { affineNorm, type NamedShape, projection } from "../../blocks/named-shapes.ts";
import { pixelShuffle } from "../../blocks/vision-tower/pixel-shuffle.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Value } from "../../onnx/onnx-graph.ts";
import type { NvilaVisionConfig } from "./config.ts";
import { projectorPrefix } from "./weight-names.ts";

/** ε of the projector's norms: torch's default, not part of the configuration. */
const epsilon = 1e-5;

/** What follows the joining of the patches, by the number of its module. */
type Stage =
  | { readonly kind: "norm"; readonly name: string; readonly width: number }
  | { readonly kind: "linear"; readonly name: string; readonly inputs: number; readonly outputs: number }
  | { readonly kind: "gelu" };

/** `mlp_downsample_3x3_fix` has one layer more than `mlp_downsample_2x2_fix` (specs/vlm.md B6 "Projector"). */
function stagesOf({ factor, hiddenSize }: NvilaVisionConfig, textWidth: number): Stage[] {
  const joined = factor * factor * hiddenSize;
  const norm = (index: number, width: number): Stage => ({ kind: "norm", name: nameOf(index), width });
  const dense = (index: number, inputs: number, outputs: number): Stage => ({
    ...{ kind: "linear", name: nameOf(index), inputs, outputs },
  });
  const gelu: Stage = { kind: "gelu" };
  if (factor === 2) return [norm(1, joined), dense(2, joined, textWidth), gelu, dense(4, textWidth, textWidth)];
  const middle = 3 * hiddenSize;
  const narrowed = [norm(1, joined), dense(2, joined, middle), gelu, norm(4, middle)];
  return [...narrowed, dense(5, middle, textWidth), gelu, dense(7, textWidth, textWidth)];
}

const nameOf = (index: number): string => `${projectorPrefix}.${index}`;

/** The tensors of the projector. */
export function* projectorShapes(
  weights: WeightSource,
  vision: NvilaVisionConfig,
  textWidth: number,
): Generator<NamedShape> {
  for (const stage of stagesOf(vision, textWidth)) {
    if (stage.kind === "norm") yield* affineNorm(stage.name, stage.width);
    if (stage.kind === "linear") yield* projection(weights, stage.name, stage.outputs, stage.inputs);
  }
}

/**
 * Joins blocks of neighbouring patches to one row, with zeros below and at the right where a block has no patches, and
 * brings the rows to the width of the language model.
 *
 * @param patches [tiles, side², hidden]
 * @returns [tiles, cells², textWidth]
 */
export function projector(
  graph: GraphBuilder,
  weights: WeightSource,
  patches: Value,
  options: { readonly vision: NvilaVisionConfig; readonly textWidth: number; readonly format: LinearFormat },
): Value {
  const { vision, textWidth, format } = options;
  const { side, factor, cells, hiddenSize } = vision;
  const missing = cells * factor - side;
  const square = graph.node("Reshape", [patches, graph.constant("int64", [4], [-1, side, side, hiddenSize])]);
  const pads = graph.constant("int64", [8], [0, 0, 0, 0, 0, missing, missing, 0]);
  const padded = missing === 0 ? square : graph.node("Pad", [square, pads]);
  const joined = pixelShuffle(graph, padded, { side: cells * factor, factor, hiddenSize });
  return stagesOf(vision, textWidth).reduce((rows, stage) => {
    if (stage.kind === "norm") return layerNorm(graph, weights, rows, stage.name, epsilon);
    if (stage.kind === "gelu") return activation(graph, "gelu", rows);
    return linear(graph, weights, rows, { parts: [stage.name], format });
  }, joined);
}
