import type { WeightSource } from "../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../onnx/graph-builder.ts";
import type { Value } from "../onnx/onnx-graph.ts";
import { activation } from "./activation.ts";
import { type LinearFormat, linear } from "./linear.ts";

/** Which layers an {@link mlp} call multiplies with. */
export interface MlpOptions {
  /** Canonical module names of the two linear layers. */
  readonly first: string;
  readonly second: string;
  /** `hidden_act` between them. */
  readonly act: string;
  readonly format: LinearFormat;
}

/** Two linear layers with an activation between them: the feed-forward layer of vision towers, and projectors. */
export function mlp(graph: GraphBuilder, weights: WeightSource, x: Value, options: MlpOptions): Value {
  const { first, second, act, format } = options;
  const hidden = activation(graph, act, linear(graph, weights, x, { parts: [first], format }));
  return linear(graph, weights, hidden, { parts: [second], format });
}
