import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Value } from "../../onnx/onnx-graph.ts";

/**
 * Joins blocks of `factor` × `factor` neighbouring patches into one row, channels ordered (row in the block, column in
 * the block, channel) (specs/vlm.md B4, B8 "Pixel shuffle").
 *
 * @param x [tiles, side², hidden]
 * @returns [tiles, (side / factor)², factor² · hidden]
 */
export function pixelShuffle(
  graph: GraphBuilder,
  x: Value,
  sizes: { readonly side: number; readonly factor: number; readonly hiddenSize: number },
): Value {
  const { side, factor, hiddenSize } = sizes;
  const cells = side / factor;
  const split = graph.constant("int64", [6], [-1, cells, factor, cells, factor, hiddenSize]);
  const blocks = graph.node("Transpose", [graph.node("Reshape", [x, split])], { perm: [0, 1, 3, 2, 4, 5] });
  const joined = graph.constant("int64", [3], [-1, cells * cells, factor * factor * hiddenSize]);
  return graph.node("Reshape", [blocks, joined]);
}
