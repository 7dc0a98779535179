import type { PrecisionPlan } from "../checkpoint/precision.ts";
import type { FamilyModel } from "../families/model-family.ts";
import type { OnnxGraph } from "../onnx/onnx-graph.ts";
import { withoutOutput } from "../onnx/without-output.ts";

/** The graphs of a model by the names of their files. */
export type PlannedGraphs = Readonly<Record<"vision" | "decoder", OnnxGraph>> & {
  /** The decoder with weights for many rows at once and without an output head; absent when `decoder` does that, too. */
  readonly prefill?: OnnxGraph;
};

/** Builds the graphs that a plan asks for; reads no weights. */
export function planGraphs(model: FamilyModel, plan: PrecisionPlan): PlannedGraphs {
  const graphs = model.graphs(plan.formats);
  if (plan.prefill === null) return graphs;
  const { decoder } = model.graphs({ ...plan.formats, decoder: plan.prefill });
  return { ...graphs, prefill: withoutOutput(decoder, "logits") };
}
