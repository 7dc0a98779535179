import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import type { SparseLayers } from "../../blocks/text-decoder/feed-forward.ts";
import { parseTextDecoderConfig, type TextDecoderConfig } from "../../blocks/text-decoder/text-decoder-config.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import { withoutNulls } from "../../checkpoint/without-nulls.ts";
import { type TowerSizes, towerSizes } from "./tower-sizes.ts";

const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 20);

const textSchema = z.looseObject({
  num_hidden_layers: count,
  use_mla: z.literal(false).default(false),
  n_routed_experts: count.optional(),
  n_shared_experts: count.optional(),
  num_experts_per_tok: count.default(6),
  moe_intermediate_size: count.default(896),
  moe_layer_freq: count.default(1),
  first_k_dense_replace: z.number().int().nonnegative().default(1),
  mlp_layer_types: z.array(z.enum(["dense", "sparse"])).optional(),
  layer_types: z.array(z.literal("full_attention")).optional(),
  topk_method: z.literal("greedy").default("greedy"),
  scoring_func: z.literal("softmax").default("softmax"),
  norm_topk_prob: z.boolean().default(false),
  routed_scaling_factor: z.number().positive().default(1),
  tie_word_embeddings: z.boolean().optional(),
});

const rootSchema = z.looseObject({
  image_token_id: z.number().int().nonnegative().optional(),
  tie_word_embeddings: z.boolean().optional(),
  language_config: z.looseObject({}).optional(),
  text_config: z.looseObject({}).optional(),
  vision_config: z.looseObject({}),
});

/** A config.json of DeepSeek-OCR. */
export interface DeepseekOcrConfig {
  readonly text: TextDecoderConfig;
  readonly towers: TowerSizes;
  /** Undefined when the file does not say, as in published checkpoints. */
  readonly imageTokenId: number | undefined;
  readonly tiedEmbeddings: boolean;
}

/**
 * Reads a config.json of DeepSeek-OCR as published (`deepseek_vl_v2`: `language_config`, repeated at the root, and
 * `vision_config.width`) or in the layout of transformers (`text_config`, `sam_config`, `encoder_config`).
 *
 * @throws ModelLoadError naming the key that is missing, wrong or asks for something unsupported
 */
export function parseDeepseekOcrConfig(json: unknown): DeepseekOcrConfig {
  const root = parseConfig(rootSchema, withoutNulls(json), "config.json");
  const part = (["text_config", "language_config"] as const).find((key) => root[key] !== undefined);
  const where = part === undefined ? "config.json" : `config.json ${part}`;
  const stored = withoutNulls(part === undefined ? root : root[part]);
  const text = parseConfig(textSchema, stored, where);
  // transformers' layout always names a window, and says in `layer_types` whether it is used.
  const { sliding_window, ...windowless } = stored;
  const decoder = parseTextDecoderConfig(text.layer_types === undefined ? stored : windowless, where, false);
  const sparse = sparseLayers(text, where);
  return {
    text: sparse === undefined ? decoder : { ...decoder, sparse },
    towers: towerSizes(root.vision_config, root.text_config === undefined),
    imageTokenId: root.image_token_id,
    tiedEmbeddings: root.tie_word_embeddings ?? text.tie_word_embeddings ?? false,
  };
}

/** Which layers have experts (specs/vlm.md B7 "Text"); undefined when none has. */
function sparseLayers(text: z.output<typeof textSchema>, where: string): SparseLayers | undefined {
  const { n_routed_experts: routed, n_shared_experts: shared, num_experts_per_tok: perToken } = text;
  const isSparse = (layer: number): boolean =>
    text.mlp_layer_types === undefined
      ? layer >= text.first_k_dense_replace && layer % text.moe_layer_freq === 0
      : text.mlp_layer_types[layer] === "sparse";
  const layers = Array.from({ length: text.num_hidden_layers }, (_, layer) => layer).filter(isSparse);
  if (layers.length === 0 || (routed === undefined && text.mlp_layer_types === undefined)) return undefined;
  if (routed === undefined || perToken > routed) {
    throw new ModelLoadError(
      `${where}: num_experts_per_tok ${perToken} needs n_routed_experts of at least that, found ${routed ?? "none"}.`,
    );
  }
  const width = text.moe_intermediate_size;
  return {
    layers: new Set(layers),
    experts: {
      count: routed,
      perToken,
      width,
      isNormalized: text.norm_topk_prob,
      ...(text.norm_topk_prob ? {} : { scale: text.routed_scaling_factor }),
      ...(shared === undefined ? {} : { shared: { module: "shared_experts", width: shared * width } }),
    },
  };
}
