import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Value } from "../../onnx/onnx-graph.ts";
import { layerNorm } from "../layer-norm.ts";
import type { LinearFormat } from "../linear.ts";
import { affineNorm, type NamedShape } from "../named-shapes.ts";
import type { ClipTowerConfig } from "./clip-tower-config.ts";
import { dropClassToken } from "./drop-class-token.ts";
import { type EncoderLayerNames, encoderLayer } from "./encoder-layer.ts";
import { encoderLayerShapes } from "./encoder-shapes.ts";
import { patchEmbedding } from "./patch-embedding.ts";

/** Where a tower is found and how much of it is used. */
export interface ClipTower {
  readonly config: ClipTowerConfig;
  /** Canonical prefix of `embeddings`, `encoder` and the norms. */
  readonly prefix: string;
  /** Norm the rows behind the last layer (`post_layernorm`). */
  readonly lastNorm: boolean;
}

/**
 * A CLIP or SigLIP tower (Radford et al. 2021, arXiv:2103.00020; Zhai et al. 2023, arXiv:2303.15343) up to the layer
 * that is used. Declares the input `pixel_values` [tiles · patches, 3 · patchSize²].
 *
 * @returns [tiles, patches, hidden], without the class token
 */
export function clipTower(
  graph: GraphBuilder,
  weights: WeightSource,
  { config, prefix, lastNorm }: ClipTower,
  format: LinearFormat,
): Value {
  const { kind, side, hiddenSize, patchSize, epsilon } = config;
  const names = towerNames(prefix);
  const embedded = patchEmbedding(graph, weights, {
    ...{ patchSize, patches: side * side, hiddenSize },
    projection: names.patches,
    positions: names.positions,
    classToken: kind === "clip" ? names.classToken : undefined,
  });
  let rows = kind === "clip" ? layerNorm(graph, weights, embedded, names.firstNorm, epsilon) : embedded;
  for (let layer = 0; layer < config.layers; layer++) {
    rows = encoderLayer(graph, weights, rows, { config, names: layerNames(prefix, layer), format });
  }
  const patches = kind === "clip" ? dropClassToken(graph, rows) : rows;
  return lastNorm ? layerNorm(graph, weights, patches, names.lastNorm, epsilon) : patches;
}

/** The tensors that {@link clipTower} reads. */
export function* clipTowerShapes(
  weights: WeightSource,
  { config, prefix, lastNorm }: ClipTower,
): Generator<NamedShape> {
  const { kind, side, hiddenSize, patchSize } = config;
  const names = towerNames(prefix);
  const isClip = kind === "clip";
  yield [`${names.patches}.weight`, [hiddenSize, 3, patchSize, patchSize]];
  if (isClip) yield [names.classToken, [hiddenSize]];
  else yield [`${names.patches}.bias`, [hiddenSize]];
  yield [names.positions, [side * side + (isClip ? 1 : 0), hiddenSize]];
  if (isClip) yield* affineNorm(names.firstNorm, hiddenSize);
  for (let layer = 0; layer < config.layers; layer++) {
    yield* encoderLayerShapes(weights, config, layerNames(prefix, layer));
  }
  if (lastNorm) yield* affineNorm(names.lastNorm, hiddenSize);
}

function towerNames(prefix: string) {
  return {
    classToken: `${prefix}.embeddings.class_embedding`,
    patches: `${prefix}.embeddings.patch_embedding`,
    positions: `${prefix}.embeddings.position_embedding.weight`,
    // Misspelt in every checkpoint.
    firstNorm: `${prefix}.pre_layrnorm`,
    lastNorm: `${prefix}.post_layernorm`,
  };
}

/** The names that CLIP and SigLIP towers of transformers give the modules of a layer. */
function layerNames(tower: string, layer: number): EncoderLayerNames {
  const prefix = `${tower}.encoder.layers.${layer}`;
  return {
    norm1: `${prefix}.layer_norm1`,
    qkv: ["q_proj", "k_proj", "v_proj"].map((part) => `${prefix}.self_attn.${part}`),
    out: `${prefix}.self_attn.out_proj`,
    norm2: `${prefix}.layer_norm2`,
    fc1: `${prefix}.mlp.fc1`,
    fc2: `${prefix}.mlp.fc2`,
  };
}
