import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import type { FeedForwardConfig } from "./feed-forward.ts";

const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 31);

const ropeSchema = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().positive().optional(),
});

const textSchema = z.looseObject({
  model_type: z.string().optional(),
  hidden_size: count,
  num_hidden_layers: count.max(4096),
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  intermediate_size: count,
  hidden_act: z.string().default("silu"),
  rms_norm_eps: z.number().positive().default(1e-6),
  vocab_size: count,
  max_position_embeddings: count,
  use_sliding_window: z.boolean().nullish(),
  sliding_window: z.number().nullish(),
  rope_theta: z.number().positive().optional(),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
});

/**
 * Rotation types that leave the frequencies as they are within `max_position_embeddings`, which bounds the context here:
 * "dynamic" (InternVL2.5 and 3) scales its base only beyond (transformers `_compute_dynamic_ntk_parameters`).
 */
const plainRopes: ReadonlySet<string> = new Set(["default", "mrope", "dynamic"]);

/** Sizes of a language model of the Llama lineage. */
export interface TextDecoderConfig extends FeedForwardConfig {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly epsilon: number;
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly ropeTheta: number;
  /** Queries and keys are normed a head before they are rotated (Qwen3). */
  readonly qkNorm: boolean;
  /** Dimensions of each head that are rotated; all when absent. */
  readonly rotaryDims?: number;
}

/** Canonical names of a decoder's modules. */
export interface TextDecoderNames {
  /** Prefix of `embed_tokens`, `layers` and `norm`. */
  readonly model: string;
  /** The output head, where it is not the token embedding. */
  readonly head: string;
}

/**
 * Reads the sizes of a language model as transformers writes them.
 *
 * @param json `text_config` (or `llm_config`) of a config.json
 * @param where names it in errors
 * @param qkNorm whether the architecture norms queries and keys
 * @throws ModelLoadError naming the key that is missing, wrong or asks for something unsupported
 */
export function parseTextDecoderConfig(json: unknown, where: string, qkNorm: boolean): TextDecoderConfig {
  const text = parseConfig(textSchema, json, where);
  const rope = text.rope_parameters ?? text.rope_scaling;
  const ropeType = rope?.rope_type ?? rope?.type ?? "default";
  const heads = text.num_attention_heads;
  const kvHeads = text.num_key_value_heads ?? heads;
  const headDim = text.head_dim ?? text.hidden_size / heads;
  // Mistral slides whenever it names a window; Qwen only where it also says so.
  const slides = text.use_sliding_window ?? (text.sliding_window ?? null) !== null;
  if (!plainRopes.has(ropeType) || slides || heads % kvHeads !== 0 || headDim % 2 !== 0) {
    throw new ModelLoadError(
      `${where}: rope type "${ropeType}", sliding attention ${slides}, ${heads} attention heads for ${kvHeads} key heads, head_dim ${headDim}: only rope types without scaling, full attention, a multiple of the key heads and an even head_dim are supported.`,
    );
  }
  return {
    hiddenSize: text.hidden_size,
    layers: text.num_hidden_layers,
    heads,
    kvHeads,
    headDim,
    intermediateSize: text.intermediate_size,
    hiddenAct: text.hidden_act,
    epsilon: text.rms_norm_eps,
    vocabSize: text.vocab_size,
    contextLength: text.max_position_embeddings,
    ropeTheta: rope?.rope_theta ?? text.rope_theta ?? 10_000,
    qkNorm,
  };
}
