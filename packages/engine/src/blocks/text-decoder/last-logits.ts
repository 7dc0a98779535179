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
 * Declares the output `logits` [B, 1, vocab] of the last token of every sequence.
 *
 * @param normed [B, tokens, hidden], behind the final norm
 */
export function lastLogits(
  graph: GraphBuilder,
  weights: WeightSource,
  normed: Value,
  { head, format, vocabSize }: LastLogitsOptions,
): void {
  const index = (value: number): Value => graph.constant("int64", [1], [value]);
  const last = graph.node("Slice", [normed, index(-1), index(Number.MAX_SAFE_INTEGER), index(1)]);
  const logits = linear(graph, weights, last, { parts: [head], format });
  graph.output(logits, "logits", "float32", ["batch", 1, vocabSize]);
}
