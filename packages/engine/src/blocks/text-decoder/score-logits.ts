import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { GraphPort, Value } from "../../onnx/onnx-graph.ts";
import { type LinearFormat, linear } from "../linear.ts";

/** Edge in front of the output head. */
export const lastHidden: GraphPort = { name: "last_hidden", type: "float32", dims: ["batch", "scored", "hidden"] };

/**
 * Declares the input `scored`, the places of the tokens whose scores are wanted. Behind the attention of the last layer
 * only their rows go on: a prompt does without the rest of it.
 *
 * @returns what a layer goes on with: [B, scored, width] of [B, tokens, width] in the last one, all rows in the others
 */
export function scoredRows(graph: GraphBuilder, layers: number): (rows: Value, layer: number) => Value {
  const scored = graph.input("scored", "int64", ["scored"]);
  return (rows, layer) => (layer + 1 < layers ? rows : graph.node("Gather", [rows, scored], { axis: 1 }));
}

/** What {@link scoreLogits} is built from. */
export interface ScoreLogitsOptions {
  /** Canonical module name of the output head. */
  readonly head: string;
  readonly format: LinearFormat;
  readonly vocabSize: number;
}

/**
 * Declares the output `logits` [B, scored, vocab].
 *
 * @param normed [B, scored, hidden], behind the final norm; becomes the edge {@link lastHidden}
 */
export function scoreLogits(
  graph: GraphBuilder,
  weights: WeightSource,
  normed: Value,
  { head, format, vocabSize }: ScoreLogitsOptions,
): void {
  const hidden = graph.node("Identity", [normed], {}, { output: lastHidden.name });
  const logits = linear(graph, weights, hidden, { parts: [head], format });
  graph.output(logits, "logits", "float32", ["batch", "scored", vocabSize]);
}
