import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import type { EncoderConfig } from "./encoder-layer.ts";

const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 20);

const schema = z.looseObject({
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  image_size: count,
  patch_size: count,
  hidden_act: z.string(),
  layer_norm_eps: z.number().positive(),
});

/** What a configuration class of transformers has where a file says nothing. */
export type ClipTowerDefaults = Readonly<Record<string, number | string>>;

/** Defaults of transformers' `SiglipVisionConfig`. */
export const siglipDefaults: ClipTowerDefaults = {
  ...{ hidden_size: 768, intermediate_size: 3072, num_hidden_layers: 12, num_attention_heads: 12 },
  ...{ image_size: 224, patch_size: 16, hidden_act: "gelu_pytorch_tanh", layer_norm_eps: 1e-6 },
};

/** Defaults of transformers' `CLIPVisionConfig`. */
export const clipDefaults: ClipTowerDefaults = {
  ...siglipDefaults,
  ...{ patch_size: 32, hidden_act: "quick_gelu", layer_norm_eps: 1e-5 },
};

/** Sizes of a CLIP or SigLIP tower; `layers` are those whose output is needed. */
export interface ClipTowerConfig extends EncoderConfig {
  /** CLIP has a class token and a norm in front of its first layer, SigLIP has neither. */
  readonly kind: "clip" | "siglip";
  /** Pixels along the side of a tile. */
  readonly imageSize: number;
  readonly patchSize: number;
  /** Patches along the side of a tile. */
  readonly side: number;
}

/** How {@link parseClipTowerConfig} reads a tower. */
export interface ClipTowerReading {
  readonly kind: ClipTowerConfig["kind"];
  readonly defaults: ClipTowerDefaults;
  /** Layer whose output is used, counted from the end when negative (`vision_feature_layer`); the last when absent. */
  readonly featureLayer?: number;
  /** The key that says so. */
  readonly featureKey?: string;
  /** Names the settings in errors; `vision_config` of config.json when absent. */
  readonly where?: string;
}

/**
 * Reads the sizes of a CLIP or SigLIP tower.
 *
 * @param json the tower's settings
 * @throws ModelLoadError naming the key that is missing, wrong or contradicts another
 */
export function parseClipTowerConfig(json: unknown, reading: ClipTowerReading): ClipTowerConfig {
  const { kind, defaults, featureLayer = -1, featureKey = "vision_feature_layer" } = reading;
  const where = reading.where ?? "config.json vision_config";
  const vision = parseConfig(schema, { ...defaults, ...(json as object) }, where);
  const { hidden_size: hiddenSize, num_attention_heads: heads, num_hidden_layers: depth } = vision;
  const side = Math.floor(vision.image_size / vision.patch_size);
  const layers = featureLayer < 0 ? depth + 1 + featureLayer : featureLayer;
  if (side === 0 || layers < 1 || layers > depth || hiddenSize % heads !== 0) {
    throw new ModelLoadError(
      `${where}: image_size ${vision.image_size} with patches of patch_size ${vision.patch_size}, ${featureKey} ${featureLayer} of ${depth} layers, hidden_size ${hiddenSize} for ${heads} heads: at least one patch, a layer of the tower and a multiple of the heads are needed.`,
    );
  }
  return {
    ...{ kind, layers, hiddenSize, heads, side, norm: "layer" },
    intermediateSize: vision.intermediate_size,
    epsilon: vision.layer_norm_eps,
    act: vision.hidden_act,
    imageSize: vision.image_size,
    patchSize: vision.patch_size,
  };
}
