import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { parseExperts } from "../../blocks/experts/parse-experts.ts";
import { parseQwen3VisionConfig, type Qwen3VisionConfig } from "../../blocks/qwen3-vision/vision-config.ts";
import type { SparseLayers } from "../../blocks/text-decoder/feed-forward.ts";
import { parseTextDecoderConfig, type TextDecoderConfig } from "../../blocks/text-decoder/text-decoder-config.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";

const tokenId = z.number().int().nonnegative();
const index = z.number().int().nonnegative();

const ropeSchema = z.looseObject({ mrope_section: z.array(index).length(3) });

const textSchema = z.looseObject({
  decoder_sparse_step: index.positive().default(1),
  mlp_only_layers: z.array(index).nullish(),
  tie_word_embeddings: z.boolean().optional(),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
});

const rootSchema = z.looseObject({
  model_type: z.string(),
  tie_word_embeddings: z.boolean().optional(),
  image_token_id: tokenId,
  video_token_id: tokenId.optional(),
  vision_config: z.looseObject({}),
  text_config: textSchema,
});

/** Checkpoints of this type have mixtures of experts. */
export const sparseModelType = "qwen3_vl_moe";

const where = "config.json text_config";

/** Values of transformers' configuration class, which files may leave out. */
const textDefaults = { rope_theta: 500_000 };

/** The language model's sizes. */
export interface Qwen3VlTextConfig extends TextDecoderConfig {
  /** Rotary frequencies that turn with time, height and width. */
  readonly ropeSections: readonly [number, number, number];
}

/** A config.json of Qwen3-VL. */
export interface Qwen3VlConfig {
  /** `qwen3_vl` or `qwen3_vl_moe`. */
  readonly modelType: string;
  readonly text: Qwen3VlTextConfig;
  readonly vision: Qwen3VisionConfig;
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
  const dense = parseTextDecoderConfig({ ...textDefaults, ...root.text_config }, where, true);
  const text =
    root.model_type === sparseModelType ? { ...dense, sparse: sparseLayers(root.text_config, dense) } : dense;
  const rope = root.text_config.rope_parameters ?? root.text_config.rope_scaling;
  const sections = rope?.mrope_section as [number, number, number] | undefined;
  if (sections === undefined || 2 * sections.reduce((sum, size) => sum + size) !== text.headDim) {
    throw new ModelLoadError(
      `${where}: mrope_section [${sections?.join(", ") ?? "missing"}] must add up to half of head_dim (${text.headDim}).`,
    );
  }
  return {
    modelType: root.model_type,
    text: { ...text, ropeSections: sections },
    vision: parseQwen3VisionConfig(root.vision_config, text),
    tiedEmbeddings: root.tie_word_embeddings ?? root.text_config.tie_word_embeddings,
    imageTokenId: root.image_token_id,
    videoTokenId: root.video_token_id,
  };
}

/** Every `decoder_sparse_step`-th layer but those of `mlp_only_layers`. */
function sparseLayers(text: z.output<typeof textSchema>, { layers }: TextDecoderConfig): SparseLayers {
  const all = Array.from({ length: layers }, (_, layer) => layer);
  const isSparse = (layer: number): boolean =>
    (layer + 1) % text.decoder_sparse_step === 0 && !text.mlp_only_layers?.includes(layer);
  return { experts: parseExperts(text, where), layers: new Set(all.filter(isSparse)) };
}
