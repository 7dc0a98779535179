import type { WeightSource } from "../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../onnx/graph-builder.ts";
import type { Value } from "../onnx/onnx-graph.ts";
import { bytesOf } from "./stacked-weights.ts";

/** A one-dimensional weight (norm scale, bias) of the checkpoint as a float32 graph weight. */
export function vector(graph: GraphBuilder, weights: WeightSource, name: string): Value {
  return graph.weight(name, {
    type: "float32",
    dims: weights.shape(name),
    async *chunks(signal) {
      yield bytesOf(await weights.read(name, signal));
    },
  });
}
