import { lastHidden } from "../blocks/text-decoder/score-logits.ts";
import type { PrecisionPlan } from "../checkpoint/precision.ts";
import type { FamilyModel } from "../families/model-family.ts";
import { extractGraph } from "../onnx/extract-graph.ts";
import type { GraphPort, OnnxGraph } from "../onnx/onnx-graph.ts";

/** The graphs of a model by the names of their files. */
export type PlannedGraphs = Readonly<Record<"vision" | "decoder", OnnxGraph>> & {
  /** The layers of the decoder with weights for many rows at once; absent when `decoder` does that, too. */
  readonly prefill?: OnnxGraph;
  /** The output head, where `decoder` and `prefill` share one and end in front of it. */
  readonly head?: OnnxGraph;
};

/** Builds the graphs that a plan asks for; reads no weights. */
export function planGraphs(model: FamilyModel, plan: PrecisionPlan): PlannedGraphs {
  const { vision, decoder } = model.graphs(plan.formats);
  if (plan.prefill === null) return { vision, decoder };
  const isLogits = ({ name }: GraphPort): boolean => name === "logits";
  const layersOf = (whole: OnnxGraph): OnnxGraph =>
    extractGraph(whole, { outputs: [...whole.outputs.filter((port) => !isLogits(port)), lastHidden] });
  return {
    vision,
    decoder: layersOf(decoder),
    prefill: layersOf(model.graphs({ ...plan.formats, decoder: plan.prefill }).decoder),
    head: extractGraph(decoder, { inputs: [lastHidden], outputs: decoder.outputs.filter(isLogits) }),
  };
}
