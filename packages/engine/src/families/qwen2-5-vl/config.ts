import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import type { TextDecoderConfig } from "../../blocks/text-decoder/text-decoder-config.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";

const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 31);
const tokenId = z.number().int().nonnegative();

const ropeSchema = z.looseObject({
  mrope_section: z.array(z.number().int().nonnegative()).length(3),
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().positive().optional(),
});

const textSchema = z.looseObject({
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.optional(),
  head_dim: count.nullish(),
  intermediate_size: count,
  hidden_act: z.string().default("silu"),
  rms_norm_eps: z.number().positive().default(1e-6),
  vocab_size: count,
  max_position_embeddings: count.default(32_768),
  use_sliding_window: z.boolean().default(false),
  rope_theta: z.number().positive().optional(),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
});

const visionSchema = z.looseObject({
  depth: count,
  hidden_size: count,
  intermediate_size: count,
  num_heads: count,
  hidden_act: z.string().default("silu"),
  in_channels: count.optional(),
  in_chans: count.optional(),
  patch_size: count.default(14),
  spatial_merge_size: count.default(2),
  temporal_patch_size: count.default(2),
  window_size: count.default(112),
  fullatt_block_indexes: z.array(z.number().int().nonnegative()),
  out_hidden_size: count,
  tokens_per_second: z.number().positive().default(4),
  rope_parameters: z.looseObject({ rope_theta: z.number().positive().default(10_000) }).nullish(),
});

const rootSchema = z.looseObject({
  tie_word_embeddings: z.boolean().optional(),
  image_token_id: tokenId,
  video_token_id: tokenId.optional(),
  vision_start_token_id: tokenId.optional(),
  vision_config: visionSchema,
  text_config: z.looseObject({ tie_word_embeddings: z.boolean().optional() }).optional(),
});

/** The language model's sizes (config.json `text_config`, or the root of older files). */
export interface Qwen25TextConfig extends TextDecoderConfig {
  /** Rotary frequencies that turn with time, height and width, in this order (chunked M-RoPE). */
  readonly ropeSections: readonly [number, number, number];
}

/** The vision tower's sizes (config.json `vision_config`). */
export interface Qwen25VisionConfig {
  readonly depth: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly heads: number;
  readonly hiddenAct: string;
  readonly patchSize: number;
  readonly mergeSize: number;
  readonly temporalPatchSize: number;
  /** Side of an attention window in pixels. */
  readonly windowSize: number;
  /** Blocks that attend to the whole picture instead of windows. */
  readonly fullAttentionBlocks: ReadonlySet<number>;
  readonly outHiddenSize: number;
  readonly tokensPerSecond: number;
  readonly ropeTheta: number;
}

/** A Qwen2.5-VL config.json, from the flat layout of published checkpoints or the nested one of newer files. */
export interface Qwen25VlConfig {
  readonly text: Qwen25TextConfig;
  readonly vision: Qwen25VisionConfig;
  /** Whether the output head is the token embedding; undefined when the file does not say. */
  readonly tiedEmbeddings: boolean | undefined;
  readonly imageTokenId: number;
  readonly videoTokenId: number | undefined;
}

/**
 * Reads a Qwen2.5-VL config.json.
 *
 * @throws ModelLoadError naming the key that is missing, wrong or asks for something unsupported
 */
export function parseQwen25VlConfig(json: unknown): Qwen25VlConfig {
  const root = parseConfig(rootSchema, json, "config.json");
  const nested = root.text_config !== undefined;
  const text = parseConfig(textSchema, root.text_config ?? json, nested ? "config.json text_config" : "config.json");
  const vision = root.vision_config;
  const rope = text.rope_parameters ?? text.rope_scaling;
  const theta = rope?.rope_theta ?? text.rope_theta;
  if (rope === undefined || rope === null || theta === undefined) {
    throw new ModelLoadError(
      "config.json: rope_parameters (or rope_scaling and rope_theta) with mrope_section is missing. Qwen2.5-VL needs it.",
    );
  }
  refuseUnsupported(text, rope);
  const headDim = text.head_dim ?? text.hidden_size / text.num_attention_heads;
  const [time, height, width] = rope.mrope_section as [number, number, number];
  if (!Number.isInteger(headDim) || 2 * (time + height + width) !== headDim) {
    throw new ModelLoadError(
      `config.json: mrope_section [${rope.mrope_section.join(", ")}] must add up to half of head_dim (${headDim}).`,
    );
  }
  return {
    tiedEmbeddings: root.tie_word_embeddings ?? root.text_config?.tie_word_embeddings,
    imageTokenId: root.image_token_id,
    videoTokenId: root.video_token_id,
    text: {
      hiddenSize: text.hidden_size,
      layers: text.num_hidden_layers,
      heads: text.num_attention_heads,
      kvHeads: text.num_key_value_heads ?? text.num_attention_heads,
      headDim,
      intermediateSize: text.intermediate_size,
      hiddenAct: text.hidden_act,
      epsilon: text.rms_norm_eps,
      vocabSize: text.vocab_size,
      contextLength: text.max_position_embeddings,
      ropeTheta: theta,
      qkNorm: false,
      ropeSections: [time, height, width],
    },
    vision: visionConfig(vision, text.hidden_size),
  };
}

function visionConfig(vision: z.output<typeof visionSchema>, textWidth: number): Qwen25VisionConfig {
  const cell = vision.patch_size * vision.spatial_merge_size;
  const channels = vision.in_channels ?? vision.in_chans ?? 3;
  if (channels !== 3) {
    throw new ModelLoadError(
      `config.json vision_config: ${channels} input channels are not supported; pictures are RGB.`,
    );
  }
  if (
    vision.window_size < cell ||
    vision.hidden_size % (4 * vision.num_heads) !== 0 ||
    vision.out_hidden_size !== textWidth
  ) {
    throw new ModelLoadError(
      `config.json vision_config: window_size ${vision.window_size} must be at least ${cell}, hidden_size ${vision.hidden_size} a multiple of 4·num_heads (${4 * vision.num_heads}), and out_hidden_size ${vision.out_hidden_size} equal to the text hidden_size (${textWidth}).`,
    );
  }
  return {
    depth: vision.depth,
    hiddenSize: vision.hidden_size,
    intermediateSize: vision.intermediate_size,
    heads: vision.num_heads,
    hiddenAct: vision.hidden_act,
    patchSize: vision.patch_size,
    mergeSize: vision.spatial_merge_size,
    temporalPatchSize: vision.temporal_patch_size,
    windowSize: vision.window_size,
    fullAttentionBlocks: new Set(vision.fullatt_block_indexes),
    outHiddenSize: vision.out_hidden_size,
    tokensPerSecond: vision.tokens_per_second,
    ropeTheta: vision.rope_parameters?.rope_theta ?? 10_000,
  };
}

/** Settings that would change the numbers and that no published checkpoint of the family uses. */
function refuseUnsupported(text: z.output<typeof textSchema>, rope: z.output<typeof ropeSchema>): void {
  const ropeType = rope.rope_type ?? rope.type ?? "default";
  if (ropeType !== "default" && ropeType !== "mrope") {
    throw new ModelLoadError(
      `config.json: rope type "${ropeType}" is not supported for qwen2_5_vl; only mrope/default is.`,
    );
  }
  if (text.use_sliding_window) {
    throw new ModelLoadError("config.json: use_sliding_window true is not supported for qwen2_5_vl. Set it to false.");
  }
  if (text.num_attention_heads % (text.num_key_value_heads ?? text.num_attention_heads) !== 0) {
    throw new ModelLoadError(
      `config.json: num_attention_heads ${text.num_attention_heads} is no multiple of num_key_value_heads ${text.num_key_value_heads}.`,
    );
  }
}
