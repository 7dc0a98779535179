import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Value } from "../../onnx/onnx-graph.ts";
import { fullAttention } from "../attention.ts";
import { fusedLinear } from "../fused-linear.ts";
import { layerNorm } from "../layer-norm.ts";
import { type LinearFormat, linear, linearParts } from "../linear.ts";
import { mlp } from "../mlp.ts";
import { rmsNorm } from "../rms-norm.ts";
import { type RotaryInputs, rotate } from "../rotary.ts";
import { vector } from "../vector.ts";

/** Sizes and kinds that all layers of an encoder share. */
export interface EncoderConfig {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly heads: number;
  readonly epsilon: number;
  readonly act: string;
  /** Norm before attention and feed-forward layer. */
  readonly norm: "layer" | "rms";
}

/** Canonical module names of one layer. */
export interface EncoderLayerNames {
  readonly norm1: string;
  /** One fused projection, or those of query, key and value. */
  readonly qkv: readonly string[];
  /** RMSNorm weights over all heads of queries and keys together. */
  readonly queryNorm?: string | undefined;
  readonly keyNorm?: string | undefined;
  readonly out: string;
  /** Vectors [hidden] that scale the two branches. */
  readonly attentionScale?: string | undefined;
  readonly mlpScale?: string | undefined;
  readonly norm2: string;
  readonly fc1: string;
  readonly fc2: string;
}

/** What an {@link encoderLayer} is built from. */
export interface EncoderLayerOptions {
  readonly config: EncoderConfig;
  readonly names: EncoderLayerNames;
  readonly format: LinearFormat;
  /** Angles that turn queries and keys, where the tower has rotary positions. */
  readonly rotary?: RotaryInputs;
}

/**
 * A pre-norm layer of a vision transformer: x + λ₁·attention(norm₁ x), then x + λ₂·mlp(norm₂ x), with bidirectional
 * attention within each picture (Dosovitskiy et al. 2021, arXiv:2010.11929; specs/vlm.md B4 "Block", B5, B8).
 *
 * @param x [pictures, patches, hidden]
 */
export function encoderLayer(
  graph: GraphBuilder,
  weights: WeightSource,
  x: Value,
  options: EncoderLayerOptions,
): Value {
  const { config, names, format } = options;
  const attended = attention(graph, weights, towerNorm(graph, weights, x, names.norm1, config), options);
  const middle = graph.node("Add", [x, scaled(graph, weights, attended, names.attentionScale)]);
  const normed = towerNorm(graph, weights, middle, names.norm2, config);
  const hidden = mlp(graph, weights, normed, { first: names.fc1, second: names.fc2, act: config.act, format });
  return graph.node("Add", [middle, scaled(graph, weights, hidden, names.mlpScale)]);
}

function attention(graph: GraphBuilder, weights: WeightSource, x: Value, options: EncoderLayerOptions): Value {
  const { config, names, format, rotary } = options;
  const { heads, epsilon } = config;
  const [query, key, value] = projections(graph, weights, x, options);
  const normed = (rows: Value, name: string | undefined): Value => {
    const scaled = name === undefined ? rows : rmsNorm(graph, weights, rows, `${name}.weight`, epsilon);
    return rotary === undefined ? scaled : rotate(graph, scaled, rotary, { heads });
  };
  const states = { query: normed(query!, names.queryNorm), key: normed(key!, names.keyNorm), value: value! };
  return linear(graph, weights, fullAttention(graph, states, heads), { parts: [names.out], format });
}

function projections(
  graph: GraphBuilder,
  weights: WeightSource,
  x: Value,
  { names, format }: EncoderLayerOptions,
): readonly Value[] {
  const [first, ...others] = names.qkv;
  return others.length === 0
    ? fusedLinear(graph, weights, x, { fused: first!, count: 3, format })
    : linearParts(graph, weights, x, { parts: names.qkv, format });
}

function towerNorm(graph: GraphBuilder, weights: WeightSource, x: Value, name: string, config: EncoderConfig): Value {
  return config.norm === "layer"
    ? layerNorm(graph, weights, x, name, config.epsilon)
    : rmsNorm(graph, weights, x, `${name}.weight`, config.epsilon);
}

function scaled(graph: GraphBuilder, weights: WeightSource, x: Value, name: string | undefined): Value {
  return name === undefined ? x : graph.node("Mul", [x, vector(graph, weights, name)]);
}
