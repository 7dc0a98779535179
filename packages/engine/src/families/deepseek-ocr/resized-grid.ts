import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Value } from "../../onnx/onnx-graph.ts";

/**
 * Resizes a square table of position embeddings by the same taps on both axes.
 *
 * @param table [side, side, width]
 * @param taps [to, side]
 * @returns [1, to², width]
 */
export function resizedGrid(
  graph: GraphBuilder,
  table: Value,
  taps: Value,
  { side, width }: { readonly side: number; readonly width: number },
): Value {
  const integers = (...values: number[]): Value => graph.constant("int64", [values.length], values);
  const lines = graph.node("MatMul", [taps, graph.node("Reshape", [table, integers(side, side * width)])]);
  const columns = graph.node("MatMul", [taps, graph.node("Reshape", [lines, integers(-1, side, width)])]);
  return graph.node("Reshape", [columns, integers(1, -1, width)]);
}
