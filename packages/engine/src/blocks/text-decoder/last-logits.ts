import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Value } from "../../onnx/onnx-graph.ts";
import { type LinearFormat, linear } from "../linear.ts";

/** What {@link lastLogits} is built from. */
export interface LastLogitsOptions {
  /** Canonical module name of the output head. */
  readonly head: string;
  readonly format: LinearFormat;
  readonly vocabSize: number;
}

/**
 * Declares the output `logits` [B, scored, vocab] of the tokens whose places the input `scored` lists.
 *
 * @param normed [B, tokens, hidden], behind the final norm
 */
export function lastLogits(
  graph: GraphBuilder,
  weights: WeightSource,
  normed: Value,
  { head, format, vocabSize }: LastLogitsOptions,
): void {
  const scored = graph.input("scored", "int64", ["scored"]);
  const last = graph.node("Gather", [normed, scored], { axis: 1 });
  const logits = linear(graph, weights, last, { parts: [head], format });
  graph.output(logits, "logits", "float32", ["batch", "scored", vocabSize]);
}
