import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Value } from "../../onnx/onnx-graph.ts";

/** [tiles, 1 + patches, hidden] → [tiles, patches, hidden]: the rows behind the class token. */
export function dropClassToken(graph: GraphBuilder, rows: Value): Value {
  const one = graph.constant("int64", [1], [1]);
  const end = graph.constant("int64", [1], [Number.MAX_SAFE_INTEGER]);
  return graph.node("Slice", [rows, one, end, one]);
}
