import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { parseTextDecoderConfig, type TextDecoderConfig } from "../../blocks/text-decoder/text-decoder-config.ts";
import {
  type ClipTowerConfig,
  parseClipTowerConfig,
  siglipDefaults,
} from "../../blocks/vision-tower/clip-tower-config.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";

const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 20);

/** Defaults of transformers' `Idefics3VisionConfig`, which published files rely on. */
const towerDefaults = { ...siglipDefaults, hidden_size: 1152, num_attention_heads: 16, patch_size: 32 };

const rootSchema = z.looseObject({
  model_type: z.string(),
  image_token_id: z.number().int().nonnegative(),
  scale_factor: count.default(2),
  tie_word_embeddings: z.boolean().optional(),
  vision_config: z.looseObject({}),
  text_config: z.looseObject({ tie_word_embeddings: z.boolean().optional() }),
});

/** The SigLIP tower's sizes and how its patches are joined. */
export interface SmolVlmVisionConfig extends ClipTowerConfig {
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
  const { scale_factor: scaleFactor } = root;
  const vision = parseClipTowerConfig(root.vision_config, { kind: "siglip", defaults: towerDefaults });
  if (vision.side % scaleFactor !== 0) {
    throw new ModelLoadError(
      `config.json: image_size ${vision.imageSize} must hold a multiple of scale_factor (${scaleFactor}) patches of ${vision.patchSize} pixels.`,
    );
  }
  return {
    modelType: root.model_type,
    text: parseTextDecoderConfig(root.text_config, "config.json text_config", false),
    imageTokenId: root.image_token_id,
    tiedEmbeddings: root.tie_word_embeddings ?? root.text_config.tie_word_embeddings,
    vision: { ...vision, scaleFactor, tileTokens: (vision.side / scaleFactor) ** 2 },
  };
}
