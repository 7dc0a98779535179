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
const tokenId = z.number().int().nonnegative();
const index = z.number().int().nonnegative();

const ropeSchema = z.looseObject({ mrope_section: z.array(index).length(3) });

const textSchema = z.looseObject({
  tie_word_embeddings: z.boolean().optional(),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
});

const visionSchema = z.looseObject({
  depth: count,
  hidden_size: count,
  intermediate_size: count,
  num_heads: count,
  hidden_act: z.string().default("gelu_pytorch_tanh"),
  patch_size: count.default(16),
  spatial_merge_size: count.default(2),
  temporal_patch_size: count.default(2),
  num_position_embeddings: count.default(2304),
  out_hidden_size: count,
  deepstack_visual_indexes: z.array(index).default([]),
});

const rootSchema = z.looseObject({
  tie_word_embeddings: z.boolean().optional(),
  image_token_id: tokenId,
  video_token_id: tokenId.optional(),
  vision_config: visionSchema,
  text_config: textSchema,
});

/** The language model's sizes. */
export interface Qwen3VlTextConfig extends TextDecoderConfig {
  /** Rotary frequencies that turn with time, height and width. */
  readonly ropeSections: readonly [number, number, number];
}

/** The vision tower's sizes. */
export interface Qwen3VlVisionConfig extends EncoderConfig {
  readonly patchSize: number;
  readonly mergeSize: number;
  readonly temporalPatchSize: number;
  /** Cells along the side of the learned grid of positions. */
  readonly positionSide: number;
  readonly outHiddenSize: number;
  /** Blocks whose output is added behind the first layers of the language model, in this order. */
  readonly deepstackBlocks: readonly number[];
}

/** A config.json of Qwen3-VL. */
export interface Qwen3VlConfig {
  readonly text: Qwen3VlTextConfig;
  readonly vision: Qwen3VlVisionConfig;
  /** Undefined when the file does not say. */
  readonly tiedEmbeddings: boolean | undefined;
  readonly imageTokenId: number;
  readonly videoTokenId: number | undefined;
}

/**
 * Reads a Qwen3-VL config.json.
 *
 * @throws ModelLoadError naming the key that is missing, wrong or asks for something unsupported
 */
export function parseQwen3VlConfig(json: unknown): Qwen3VlConfig {
  const root = parseConfig(rootSchema, json, "config.json");
  const text = parseTextDecoderConfig(root.text_config, "config.json text_config", true);
  const rope = root.text_config.rope_parameters ?? root.text_config.rope_scaling;
  const sections = rope?.mrope_section as [number, number, number] | undefined;
  if (sections === undefined || 2 * sections.reduce((sum, size) => sum + size) !== text.headDim) {
    throw new ModelLoadError(
      `config.json text_config: mrope_section [${sections?.join(", ") ?? "missing"}] must add up to half of head_dim (${text.headDim}).`,
    );
  }
  return {
    text: { ...text, ropeSections: sections },
    vision: visionConfig(root.vision_config, text),
    tiedEmbeddings: root.tie_word_embeddings ?? root.text_config.tie_word_embeddings,
    imageTokenId: root.image_token_id,
    videoTokenId: root.video_token_id,
  };
}

function visionConfig(vision: z.output<typeof visionSchema>, text: TextDecoderConfig): Qwen3VlVisionConfig {
  const positionSide = Math.sqrt(vision.num_position_embeddings);
  const deepstackBlocks = vision.deepstack_visual_indexes;
  if (
    !Number.isInteger(positionSide) ||
    vision.hidden_size % (4 * vision.num_heads) !== 0 ||
    vision.out_hidden_size !== text.hiddenSize ||
    deepstackBlocks.length > text.layers ||
    deepstackBlocks.some((block) => block >= vision.depth)
  ) {
    throw new ModelLoadError(
      `config.json vision_config: num_position_embeddings ${vision.num_position_embeddings} must be a square, hidden_size ${vision.hidden_size} a multiple of 4·num_heads (${4 * vision.num_heads}), out_hidden_size ${vision.out_hidden_size} the text hidden_size (${text.hiddenSize}), deepstack_visual_indexes [${deepstackBlocks.join(", ")}] below depth ${vision.depth} and no more than the text layers (${text.layers}).`,
    );
  }
  return {
    layers: vision.depth,
    hiddenSize: vision.hidden_size,
    intermediateSize: vision.intermediate_size,
    heads: vision.num_heads,
    // ε of the tower's norms: fixed in the reference implementation, not part of config.json.
    epsilon: 1e-6,
    act: vision.hidden_act,
    norm: "layer",
    patchSize: vision.patch_size,
    mergeSize: vision.spatial_merge_size,
    temporalPatchSize: vision.temporal_patch_size,
    positionSide,
    outHiddenSize: vision.out_hidden_size,
    deepstackBlocks,
  };
}
