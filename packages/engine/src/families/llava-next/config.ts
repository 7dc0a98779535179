import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { textArchitecture } from "../../blocks/text-decoder/text-architectures.ts";
import { parseTextDecoderConfig, type TextDecoderConfig } from "../../blocks/text-decoder/text-decoder-config.ts";
import type { EncoderConfig } from "../../blocks/vision-tower/encoder-layer.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";

const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 20);
const tokenId = z.number().int().nonnegative();

/** Defaults are those of transformers' `CLIPVisionConfig`. */
const visionSchema = z.looseObject({
  model_type: z.literal("clip_vision_model").default("clip_vision_model"),
  hidden_size: count.default(768),
  intermediate_size: count.default(3072),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(12),
  image_size: count.default(224),
  patch_size: count.default(32),
  hidden_act: z.string().default("quick_gelu"),
  layer_norm_eps: z.number().positive().default(1e-5),
});

const rootSchema = z.looseObject({
  tie_word_embeddings: z.boolean().optional(),
  image_token_index: tokenId.optional(),
  image_token_id: tokenId.optional(),
  projector_hidden_act: z.string().default("gelu"),
  vision_feature_layer: z.number().int().negative().default(-2),
  vision_feature_select_strategy: z.literal("default").default("default"),
  vision_config: visionSchema,
  text_config: z.looseObject({ model_type: z.string().optional(), tie_word_embeddings: z.boolean().optional() }),
});

/** The CLIP tower's sizes; `layers` are those whose output is needed. */
export interface LlavaNextVisionConfig extends EncoderConfig {
  /** Pixels along the side of a view. */
  readonly imageSize: number;
  readonly patchSize: number;
  /** Patches along the side of a view. */
  readonly side: number;
  readonly projectorAct: string;
}

/** A config.json of LLaVA-NeXT. */
export interface LlavaNextConfig {
  readonly text: TextDecoderConfig;
  readonly vision: LlavaNextVisionConfig;
  readonly imageTokenId: number;
  /** Undefined when the file does not say. */
  readonly tiedEmbeddings: boolean | undefined;
}

/**
 * Reads a LLaVA-NeXT config.json.
 *
 * @throws ModelLoadError naming the key that is missing, wrong or asks for something unsupported
 */
export function parseLlavaNextConfig(json: unknown): LlavaNextConfig {
  const root = parseConfig(rootSchema, json, "config.json");
  const { text_config: text, vision_config: vision } = root;
  const { defaults, qkNorm } = textArchitecture(text.model_type);
  const imageTokenId = root.image_token_id ?? root.image_token_index;
  const side = Math.floor(vision.image_size / vision.patch_size);
  const layers = vision.num_hidden_layers + 1 + root.vision_feature_layer;
  if (imageTokenId === undefined || side === 0 || layers < 1) {
    throw new ModelLoadError(
      `config.json: image_token_index ${imageTokenId}, image_size ${vision.image_size} with patches of ${vision.patch_size} pixels, vision_feature_layer ${root.vision_feature_layer} of ${vision.num_hidden_layers} layers: a token, at least one patch and one layer are needed.`,
    );
  }
  return {
    text: parseTextDecoderConfig({ ...defaults, ...text }, "config.json text_config", qkNorm),
    imageTokenId,
    tiedEmbeddings: root.tie_word_embeddings ?? text.tie_word_embeddings,
    vision: {
      layers,
      hiddenSize: vision.hidden_size,
      intermediateSize: vision.intermediate_size,
      heads: vision.num_attention_heads,
      epsilon: vision.layer_norm_eps,
      act: vision.hidden_act,
      norm: "layer",
      imageSize: vision.image_size,
      patchSize: vision.patch_size,
      side,
      projectorAct: root.projector_hidden_act,
    },
  };
}
