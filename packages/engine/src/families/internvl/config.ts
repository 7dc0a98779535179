import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { textArchitecture } from "../../blocks/text-decoder/text-architectures.ts";
import { parseTextDecoderConfig, type TextDecoderConfig } from "../../blocks/text-decoder/text-decoder-config.ts";
import type { EncoderConfig } from "../../blocks/vision-tower/encoder-layer.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import { nestedConfig } from "./nested-config.ts";

const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 20);
const square = z
  .union([count, z.tuple([count, count])])
  .transform((side) => (Array.isArray(side) ? side : [side, side]));

const visionSchema = z.looseObject({
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  image_size: square,
  patch_size: square,
  hidden_act: z.string().default("gelu"),
  layer_norm_eps: z.number().positive().default(1e-6),
  norm_type: z.enum(["layer_norm", "rms_norm"]).default("layer_norm"),
  use_qk_norm: z.boolean().default(false),
  use_mean_pooling: z.boolean().default(true),
});

const rootSchema = z.looseObject({
  tie_word_embeddings: z.boolean().optional(),
  image_token_id: z.number().int().nonnegative().optional(),
  downsample_ratio: z.number().positive().max(1).default(0.5),
  projector_hidden_act: z.string().default("gelu"),
  vision_feature_layer: z.literal(-1).default(-1),
  vision_feature_select_strategy: z.literal("default").default("default"),
  vision_config: visionSchema,
  text_config: z.looseObject({ model_type: z.string().optional(), tie_word_embeddings: z.boolean().optional() }),
});

/** The InternViT tower's sizes and how its patches are joined. */
export interface InternVlVisionConfig extends EncoderConfig {
  /** Pixels along the side of a tile. */
  readonly imageSize: number;
  readonly patchSize: number;
  /** Patches along the side of a tile. */
  readonly side: number;
  /** RMSNorm over all heads of queries and keys together. */
  readonly qkNorm: boolean;
  /** Patches along the side of what becomes one feature row. */
  readonly shuffle: number;
  /** Feature rows of a tile. */
  readonly tileTokens: number;
  readonly projectorAct: string;
}

/** A config.json of InternVL. */
export interface InternVlConfig {
  readonly text: TextDecoderConfig;
  readonly vision: InternVlVisionConfig;
  /** Undefined when the file does not say. */
  readonly imageTokenId: number | undefined;
  /** Undefined when the file does not say. */
  readonly tiedEmbeddings: boolean | undefined;
}

/**
 * Reads a config.json of InternVL, in the layout of transformers (`internvl`) or the original one (`internvl_chat`).
 *
 * @throws ModelLoadError naming the key that is missing, wrong or asks for something unsupported
 */
export function parseInternVlConfig(json: unknown): InternVlConfig {
  const root = parseConfig(rootSchema, nestedConfig(json), "config.json");
  const text = root.text_config;
  const { defaults, qkNorm } = textArchitecture(text.model_type);
  return {
    text: parseTextDecoderConfig({ ...defaults, ...text }, "config.json text_config", qkNorm),
    vision: visionConfig(root.vision_config, 1 / root.downsample_ratio, root.projector_hidden_act),
    imageTokenId: root.image_token_id,
    tiedEmbeddings: root.tie_word_embeddings ?? text.tie_word_embeddings,
  };
}

function visionConfig(
  vision: z.output<typeof visionSchema>,
  shuffle: number,
  projectorAct: string,
): InternVlVisionConfig {
  const [imageSize, imageWidth] = vision.image_size as [number, number];
  const [patchSize, patchWidth] = vision.patch_size as [number, number];
  const side = Math.floor(imageSize / patchSize);
  const isSquare = imageSize === imageWidth && patchSize === patchWidth;
  if (!isSquare || side === 0 || !Number.isInteger(shuffle) || side % shuffle !== 0 || !vision.use_mean_pooling) {
    throw new ModelLoadError(
      `config.json vision_config: image_size [${vision.image_size.join(", ")}] and patch_size [${vision.patch_size.join(", ")}] must be square, hold a multiple of 1 / downsample_ratio (${shuffle}) patches a side, and use_mean_pooling (${vision.use_mean_pooling}) must be true.`,
    );
  }
  return {
    layers: vision.num_hidden_layers,
    hiddenSize: vision.hidden_size,
    intermediateSize: vision.intermediate_size,
    heads: vision.num_attention_heads,
    epsilon: vision.layer_norm_eps,
    act: vision.hidden_act,
    norm: vision.norm_type === "rms_norm" ? "rms" : "layer",
    imageSize,
    patchSize,
    side,
    qkNorm: vision.use_qk_norm,
    shuffle,
    tileTokens: (side / shuffle) ** 2,
    projectorAct,
  };
}
