import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { parseTextDecoderConfig, type TextDecoderConfig } from "../../blocks/text-decoder/text-decoder-config.ts";
import type { EncoderConfig } from "../../blocks/vision-tower/encoder-layer.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";

const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 20);

/** Defaults are those of transformers' `Idefics3VisionConfig`, which published files rely on. */
const visionSchema = z.looseObject({
  hidden_size: count.default(1152),
  intermediate_size: count.default(3072),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(16),
  image_size: count.default(224),
  patch_size: count.default(32),
  hidden_act: z.string().default("gelu_pytorch_tanh"),
  layer_norm_eps: z.number().positive().default(1e-6),
});

const rootSchema = z.looseObject({
  model_type: z.string(),
  image_token_id: z.number().int().nonnegative(),
  scale_factor: count.default(2),
  tie_word_embeddings: z.boolean().optional(),
  vision_config: visionSchema,
  text_config: z.looseObject({ tie_word_embeddings: z.boolean().optional() }),
});

/** The SigLIP tower's sizes and how its patches are joined. */
export interface SmolVlmVisionConfig extends EncoderConfig {
  /** Pixels along the side of a tile. */
  readonly imageSize: number;
  readonly patchSize: number;
  /** Patches along the side of a tile. */
  readonly side: number;
  /** Patches along the side of what becomes one feature row. */
  readonly scaleFactor: number;
  /** Feature rows of a tile. */
  readonly tileTokens: number;
}

/** A config.json of SmolVLM, SmolVLM2 or Idefics3. */
export interface SmolVlmConfig {
  readonly modelType: string;
  readonly text: TextDecoderConfig;
  readonly vision: SmolVlmVisionConfig;
  readonly imageTokenId: number;
  /** Undefined when the file does not say. */
  readonly tiedEmbeddings: boolean | undefined;
}

/**
 * Reads a config.json of the family.
 *
 * @throws ModelLoadError naming the key that is missing, wrong or asks for something unsupported
 */
export function parseSmolVlmConfig(json: unknown): SmolVlmConfig {
  const root = parseConfig(rootSchema, json, "config.json");
  const { vision_config: vision, scale_factor: scaleFactor } = root;
  const side = Math.floor(vision.image_size / vision.patch_size);
  if (side === 0 || side % scaleFactor !== 0 || vision.hidden_size % vision.num_attention_heads !== 0) {
    throw new ModelLoadError(
      `config.json: image_size ${vision.image_size} must hold a multiple of scale_factor (${scaleFactor}) patches of ${vision.patch_size} pixels, and hidden_size ${vision.hidden_size} must be a multiple of num_attention_heads (${vision.num_attention_heads}).`,
    );
  }
  return {
    modelType: root.model_type,
    text: parseTextDecoderConfig(root.text_config, "config.json text_config", false),
    imageTokenId: root.image_token_id,
    tiedEmbeddings: root.tie_word_embeddings ?? root.text_config.tie_word_embeddings,
    vision: {
      layers: vision.num_hidden_layers,
      hiddenSize: vision.hidden_size,
      intermediateSize: vision.intermediate_size,
      heads: vision.num_attention_heads,
      epsilon: vision.layer_norm_eps,
      act: vision.hidden_act,
      norm: "layer",
      imageSize: vision.image_size,
      patchSize: vision.patch_size,
      side,
      scaleFactor,
      tileTokens: (side / scaleFactor) ** 2,
    },
  };
}
