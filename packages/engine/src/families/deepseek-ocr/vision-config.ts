import type { EncoderConfig } from "../../blocks/vision-tower/encoder-layer.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { TowerSizes } from "./tower-sizes.ts";
import { clipLayerNames, visionNames } from "./weight-names.ts";

/** The first tower, SAM's ViT: windows in most layers, relative positions in all. */
export interface SamConfig extends EncoderConfig {
  readonly globalLayers: ReadonlySet<number>;
  /** Pixels along the side of a patch. */
  readonly patchSize: number;
  /** Patches along the side of the stored table of positions. */
  readonly positionSide: number;
  /** Patches along the side of a window. */
  readonly window: number;
  /** Entries of the tables of relative positions of global layers. */
  readonly relativeEntries: number;
  /** Channels of the neck behind the layers. */
  readonly neck: number;
  /** The two convolutions that halve the side, and the channels that they pass on: the last those of the other tower. */
  readonly halvings: readonly { readonly module: string; readonly channels: number }[];
}

/** The second tower, CLIP's ViT over what the first one made. */
export interface ClipConfig extends EncoderConfig {
  /** Cells along the side of the stored table of positions. */
  readonly positionSide: number;
}

/** Both towers. */
export interface DeepseekVisionConfig {
  readonly sam: SamConfig;
  readonly clip: ClipConfig;
}

/**
 * Completes the sizes of config.json with those that only the tensors tell: patch, window, neck, feed-forward widths and
 * tables of positions. `checkWeights` compares the tensors with the result.
 *
 * @throws ModelLoadError naming the tensor that is missing
 */
export function visionConfig({ sam, clip }: TowerSizes, weights: WeightSource): DeepseekVisionConfig {
  const side = (name: string, axis: number): number => Math.max(1, weights.shape(name)[axis] ?? 1);
  const layers = Array.from({ length: sam.layers }, (_, layer) => layer);
  const entries = (layer: number | undefined): number =>
    layer === undefined ? 1 : side(`${visionNames.samBlocks}.${layer}.attn.rel_pos_h`, 0);
  const windowed = layers.find((layer) => !sam.globalLayers.has(layer));
  const global = layers.find((layer) => sam.globalLayers.has(layer));
  const [firstHalving, lastHalving] = visionNames.samHalvings;
  return {
    sam: {
      ...sam,
      norm: "layer",
      intermediateSize: side(`${visionNames.samBlocks}.0.mlp.lin1.weight`, 0),
      patchSize: side(`${visionNames.samPatches}.weight`, 3),
      positionSide: side(visionNames.samPositions, 1),
      window: Math.ceil(entries(windowed) / 2),
      relativeEntries: entries(global),
      neck: side(`${visionNames.samNeck}.0.weight`, 0),
      halvings: [
        { module: firstHalving, channels: side(`${firstHalving}.weight`, 0) },
        { module: lastHalving, channels: clip.hiddenSize },
      ],
    },
    clip: {
      ...clip,
      norm: "layer",
      intermediateSize: side(`${clipLayerNames(0).fc1}.weight`, 0),
      positionSide: Math.max(1, Math.floor(Math.sqrt(side(visionNames.clipPositions, 0) - 1))),
    },
  };
}
