import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { parseTextDecoderConfig, type TextDecoderConfig } from "../../blocks/text-decoder/text-decoder-config.ts";
import {
  type ClipTowerConfig,
  parseClipTowerConfig,
  siglipDefaults,
} from "../../blocks/vision-tower/clip-tower-config.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";

const tokenId = z.number().int().nonnegative();
const positive = z.number().positive();

const rootSchema = z.looseObject({
  tie_word_embeddings: z.boolean().default(true),
  mm_tokens_per_image: z.number().int().positive().default(256),
  boi_token_index: tokenId.default(255_999),
  eoi_token_index: tokenId.default(256_000),
  image_token_index: tokenId.optional(),
  image_token_id: tokenId.optional(),
  vision_config: z.looseObject({ model_type: z.literal("siglip_vision_model").default("siglip_vision_model") }),
  text_config: z.looseObject({}),
});

const ropeSchema = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: positive.optional(),
  factor: positive.optional(),
});

/** A layer with a window, or one that sees everything. */
export type Gemma3LayerType = "sliding_attention" | "full_attention";

const textSchema = z.looseObject({
  query_pre_attn_scalar: positive.default(256),
  hidden_activation: z.string().default("gelu_pytorch_tanh"),
  sliding_window: z.number().int().positive().nullish(),
  sliding_window_pattern: z.number().int().positive().default(6),
  layer_types: z.array(z.enum(["sliding_attention", "full_attention"])).nullish(),
  rope_theta: positive.default(1e6),
  rope_local_base_freq: positive.default(1e4),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: z
    .looseObject({ full_attention: ropeSchema.nullish(), sliding_attention: ropeSchema.nullish() })
    .nullish(),
  use_bidirectional_attention: z.literal(false).nullish(),
});

/** Defaults of transformers' `Gemma3TextConfig`, which published files rely on. */
const textDefaults = {
  ...{ vocab_size: 262_208, hidden_size: 2304, intermediate_size: 9216, num_hidden_layers: 26, head_dim: 256 },
  ...{ num_attention_heads: 8, num_key_value_heads: 4, max_position_embeddings: 131_072 },
};

/** How the layers of one kind turn queries and keys. */
export interface GemmaRotation {
  readonly theta: number;
  /** Positions are divided by it ("linear" scaling). */
  readonly factor: number;
}

/** The language model of Gemma 3. */
export interface Gemma3TextConfig extends TextDecoderConfig {
  /** Factor of the attention scores. */
  readonly scoreScale: number;
  readonly layerTypes: readonly Gemma3LayerType[];
  /** Tokens that sliding layers look back over; undefined when there are none. */
  readonly slidingWindow: number | undefined;
  readonly rotations: Readonly<Record<Gemma3LayerType, GemmaRotation>>;
}

/** A config.json of Gemma 3. */
export interface Gemma3Config {
  readonly text: Gemma3TextConfig;
  readonly vision: ClipTowerConfig;
  /** Feature rows along the side of a picture. */
  readonly tokenSide: number;
  readonly imageTokenId: number;
  /** Tokens in front of and behind the features of a picture. */
  readonly beginTokenId: number;
  readonly endTokenId: number;
  readonly tiedEmbeddings: boolean;
}

/**
 * Reads a config.json of Gemma 3. `attn_logit_softcapping` and `final_logit_softcapping`, which published files leave
 * empty, have no effect, as in transformers' `Gemma3ForConditionalGeneration`.
 *
 * @throws ModelLoadError naming the key that is missing, wrong or asks for something unsupported
 */
export function parseGemma3Config(json: unknown): Gemma3Config {
  const root = parseConfig(rootSchema, json, "config.json");
  const vision = parseClipTowerConfig(root.vision_config, { kind: "siglip", defaults: siglipDefaults });
  const tokenSide = Math.sqrt(root.mm_tokens_per_image);
  if (!Number.isInteger(tokenSide) || vision.side % tokenSide !== 0) {
    throw new ModelLoadError(
      `config.json: mm_tokens_per_image ${root.mm_tokens_per_image} must be a square whose side divides the ${vision.side} patches (image_size ${vision.imageSize} / patch_size ${vision.patchSize}) along a picture.`,
    );
  }
  return {
    text: parseText(root.text_config),
    vision,
    tokenSide,
    imageTokenId: root.image_token_id ?? root.image_token_index ?? 262_144,
    beginTokenId: root.boi_token_index,
    endTokenId: root.eoi_token_index,
    tiedEmbeddings: root.tie_word_embeddings,
  };
}

function parseText(json: object): Gemma3TextConfig {
  const where = "config.json text_config";
  const own = parseConfig(textSchema, json, where);
  // Windows and rotations are read here; what is left is an ordinary decoder.
  const plain = { sliding_window: null, use_sliding_window: null, rope_scaling: null, rope_parameters: null };
  const text = parseTextDecoderConfig(
    { ...textDefaults, ...json, ...plain, hidden_act: own.hidden_activation },
    where,
    true,
  );
  const layerTypes = own.layer_types ?? patternOf(text.layers, own.sliding_window_pattern);
  const slides = layerTypes.includes("sliding_attention");
  const slidingWindow = own.sliding_window === undefined ? 4096 : (own.sliding_window ?? undefined);
  if (layerTypes.length !== text.layers || (slides && slidingWindow === undefined)) {
    throw new ModelLoadError(
      `${where}: layer_types names ${layerTypes.length} layers of num_hidden_layers ${text.layers}, sliding_window is ${slidingWindow}: one type for every layer, and a window for sliding ones are needed.`,
    );
  }
  const { full_attention: full, sliding_attention: sliding } = own.rope_parameters ?? {};
  return {
    ...text,
    scoreScale: own.query_pre_attn_scalar ** -0.5,
    layerTypes,
    slidingWindow: slides ? slidingWindow : undefined,
    rotations: {
      full_attention: rotationOf({ ...full, ...own.rope_scaling }, own.rope_theta, `${where} full_attention`),
      sliding_attention: rotationOf(sliding ?? {}, own.rope_local_base_freq, `${where} sliding_attention`),
    },
  };
}

/** Every `pattern`th layer sees everything. */
function patternOf(layers: number, pattern: number): Gemma3LayerType[] {
  return Array.from({ length: layers }, (_, layer) =>
    (layer + 1) % pattern === 0 ? "full_attention" : "sliding_attention",
  );
}

function rotationOf(rope: z.output<typeof ropeSchema>, theta: number, where: string): GemmaRotation {
  const type = rope.rope_type ?? rope.type ?? "default";
  const factor = type === "linear" ? rope.factor : 1;
  if ((type === "default" || type === "linear") && factor !== undefined) {
    return { theta: rope.rope_theta ?? theta, factor };
  }
  throw new ModelLoadError(
    `${where}: rope type "${type}" with factor ${rope.factor} is not supported; "default" and "linear" with a factor are.`,
  );
}
