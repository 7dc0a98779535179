import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Value } from "../../onnx/onnx-graph.ts";
import type { ExpertsConfig } from "../experts/experts-config.ts";
import { expertsShapes } from "../experts/experts-shapes.ts";
import { sparseExperts } from "../experts/sparse-experts.ts";
import { gatedMlp } from "../gated-mlp.ts";
import type { LinearFormat } from "../linear.ts";
import { type NamedShape, projection } from "../named-shapes.ts";

/** Sizes of the feed-forward layers of a language model. */
export interface FeedForwardConfig {
  readonly hiddenSize: number;
  /** Width of the layers that are not sparse. */
  readonly intermediateSize: number;
  readonly hiddenAct: string;
  /** The layers that are mixtures of experts; none when absent. */
  readonly sparse?: SparseLayers;
}

/** Which layers are mixtures of experts, and of which. */
export interface SparseLayers {
  readonly experts: ExpertsConfig;
  readonly layers: ReadonlySet<number>;
}

/**
 * The feed-forward part of a layer, dense or sparse.
 *
 * @param options.prefix canonical prefix of its modules
 */
export function feedForward(
  graph: GraphBuilder,
  weights: WeightSource,
  x: Value,
  options: {
    readonly text: FeedForwardConfig;
    readonly layer: number;
    readonly prefix: string;
    readonly format: LinearFormat;
  },
): Value {
  const { text, layer, prefix, format } = options;
  const { hiddenSize, hiddenAct: act, sparse } = text;
  if (sparse?.layers.has(layer)) {
    return sparseExperts(graph, weights, x, { experts: sparse.experts, prefix, hiddenSize, act, format });
  }
  return gatedMlp(graph, weights, x, { prefix, act, format });
}

/** The tensors that {@link feedForward} reads; biases only where the checkpoint has them. */
export function* feedForwardShapes(
  weights: WeightSource,
  { text, layer, prefix }: { readonly text: FeedForwardConfig; readonly layer: number; readonly prefix: string },
): Generator<NamedShape> {
  const { hiddenSize, intermediateSize, sparse } = text;
  if (sparse?.layers.has(layer)) {
    yield* expertsShapes(weights, { experts: sparse.experts, prefix, hiddenSize });
    return;
  }
  yield* projection(weights, `${prefix}.gate_proj`, intermediateSize, hiddenSize);
  yield* projection(weights, `${prefix}.up_proj`, intermediateSize, hiddenSize);
  yield* projection(weights, `${prefix}.down_proj`, hiddenSize, intermediateSize);
}
