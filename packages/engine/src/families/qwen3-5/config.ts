import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import type { DeltaNetConfig } from "../../blocks/delta-net/delta-net-config.ts";
import { parseExperts } from "../../blocks/experts/parse-experts.ts";
import { parseQwen3VisionConfig, type Qwen3VisionConfig } from "../../blocks/qwen3-vision/vision-config.ts";
import type { SparseLayers } from "../../blocks/text-decoder/feed-forward.ts";
import { parseTextDecoderConfig, type TextDecoderConfig } from "../../blocks/text-decoder/text-decoder-config.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";

const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 20);
const index = z.number().int().nonnegative();

const ropeSchema = z.looseObject({
  mrope_section: z.array(index).length(3).default([11, 11, 10]),
  partial_rotary_factor: z.number().positive().max(1).optional(),
});

const textSchema = z.looseObject({
  tie_word_embeddings: z.boolean().optional(),
  num_hidden_layers: count,
  head_dim: count.nullish(),
  layer_types: z.array(z.enum(["linear_attention", "full_attention"])).nullish(),
  full_attention_interval: count.default(4),
  linear_num_key_heads: count,
  linear_num_value_heads: count,
  linear_key_head_dim: count,
  linear_value_head_dim: count,
  linear_conv_kernel_dim: count.min(2),
  partial_rotary_factor: z.number().positive().max(1).default(0.25),
  rope_parameters: ropeSchema.nullish(),
  rope_scaling: ropeSchema.nullish(),
});

const sharedSchema = z.looseObject({ shared_expert_intermediate_size: count });

const rootSchema = z.looseObject({
  model_type: z.string(),
  tie_word_embeddings: z.boolean().optional(),
  image_token_id: index,
  video_token_id: index.optional(),
  vision_config: z.looseObject({}),
  text_config: z.looseObject({}),
});

/** Checkpoints of this type have mixtures of experts. */
export const sparseModelType = "qwen3_5_moe";

const where = "config.json text_config";

/** What mixes the tokens of a layer: attention or a gated delta net. */
export type LayerType = "linear_attention" | "full_attention";

/** The language model's sizes. */
export interface Qwen35TextConfig extends TextDecoderConfig {
  /** One for each layer. */
  readonly layerTypes: readonly LayerType[];
  readonly deltaNet: DeltaNetConfig;
  /** Dimensions of each head that are rotated. */
  readonly rotaryDims: number;
  /** Rotary frequencies that turn with time, height and width. */
  readonly ropeSections: readonly [number, number, number];
}

/** A config.json of Qwen3.5. */
export interface Qwen35Config {
  /** `qwen3_5` or `qwen3_5_moe`. */
  readonly modelType: string;
  readonly text: Qwen35TextConfig;
  readonly vision: Qwen3VisionConfig;
  /** Undefined when the file does not say. */
  readonly tiedEmbeddings: boolean | undefined;
  readonly imageTokenId: number;
  readonly videoTokenId: number | undefined;
}

/**
 * Reads a config.json of Qwen3.5 or Qwen3.6 (specs/vlm.md B3).
 *
 * @throws ModelLoadError naming the key that is missing, wrong or asks for something unsupported
 */
export function parseQwen35Config(json: unknown): Qwen35Config {
  const root = parseConfig(rootSchema, json, "config.json");
  const text = textConfig(root.text_config, root.model_type === sparseModelType);
  return {
    modelType: root.model_type,
    text,
    // The family has no deepstack; files may keep the key of Qwen3-VL.
    vision: parseQwen3VisionConfig({ ...root.vision_config, deepstack_visual_indexes: [] }, text),
    tiedEmbeddings: root.tie_word_embeddings ?? parseConfig(textSchema, root.text_config, where).tie_word_embeddings,
    imageTokenId: root.image_token_id,
    videoTokenId: root.video_token_id,
  };
}

function textConfig(json: Readonly<Record<string, unknown>>, isSparse: boolean): Qwen35TextConfig {
  const text = parseConfig(textSchema, json, where);
  const sparse = isSparse ? sparseLayers(text) : undefined;
  // A checkpoint whose layers are all sparse has no width of dense ones.
  const width = sparse === undefined ? {} : { intermediate_size: sparse.experts.width };
  const dense = parseTextDecoderConfig({ head_dim: 256, ...width, ...withoutNulls(json) }, where, true);
  const rope = text.rope_parameters ?? text.rope_scaling ?? undefined;
  const rotaryDims = Math.trunc(dense.headDim * (rope?.partial_rotary_factor ?? text.partial_rotary_factor));
  const sections = (rope?.mrope_section ?? [11, 11, 10]) as [number, number, number];
  if (rotaryDims % 2 !== 0 || 2 * sections.reduce((sum, size) => sum + size) !== rotaryDims) {
    throw new ModelLoadError(
      `${where}: mrope_section [${sections.join(", ")}] must add up to half of the rotated dimensions (${rotaryDims}: partial_rotary_factor of head_dim ${dense.headDim}).`,
    );
  }
  return {
    ...dense,
    ...(sparse === undefined ? {} : { sparse }),
    layerTypes: layerTypes(text),
    deltaNet: deltaNetConfig(text, dense),
    rotaryDims,
    ropeSections: sections,
  };
}

type Text = z.output<typeof textSchema>;

function layerTypes({
  num_hidden_layers: layers,
  layer_types: types,
  full_attention_interval: interval,
}: Text): LayerType[] {
  const found =
    types ??
    Array.from({ length: layers }, (_, layer) =>
      (layer + 1) % interval === 0 ? "full_attention" : "linear_attention",
    );
  if (found.length === layers && found.includes("full_attention")) return found;
  throw new ModelLoadError(
    `${where}: layer_types has ${found.length} entries for num_hidden_layers ${layers}; one for each layer is needed, and one of them "full_attention".`,
  );
}

function deltaNetConfig(text: Text, { hiddenSize, hiddenAct, epsilon }: TextDecoderConfig): DeltaNetConfig {
  const { linear_num_key_heads: keyHeads, linear_num_value_heads: valueHeads } = text;
  if (valueHeads % keyHeads !== 0) {
    throw new ModelLoadError(
      `${where}: linear_num_value_heads ${valueHeads} is no multiple of linear_num_key_heads ${keyHeads}.`,
    );
  }
  return {
    ...{ hiddenSize, keyHeads, valueHeads, act: hiddenAct, epsilon },
    keyDim: text.linear_key_head_dim,
    valueDim: text.linear_value_head_dim,
    kernel: text.linear_conv_kernel_dim,
  };
}

/** Every layer is sparse, with an expert that all tokens go through. */
function sparseLayers(text: Text): SparseLayers {
  const { shared_expert_intermediate_size: width } = parseConfig(sharedSchema, text, where);
  const shared = { module: "shared_expert", width, gate: "shared_expert_gate" };
  const layers = new Set(Array.from({ length: text.num_hidden_layers }, (_, layer) => layer));
  return { experts: { ...parseExperts(text, where), shared }, layers };
}

function withoutNulls(json: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
}
