import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { textArchitecture } from "../../blocks/text-decoder/text-architectures.ts";
import { parseTextDecoderConfig, type TextDecoderConfig } from "../../blocks/text-decoder/text-decoder-config.ts";
import type { EncoderConfig } from "../../blocks/vision-tower/encoder-layer.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import { withoutNulls } from "../../checkpoint/without-nulls.ts";
import type { NvilaConfigFiles } from "./config-files.ts";

const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 20);

/** Defaults are those of transformers' `SiglipVisionConfig`. */
const visionSchema = z.looseObject({
  model_type: z.literal("siglip_vision_model").default("siglip_vision_model"),
  hidden_size: count.default(768),
  intermediate_size: count.default(3072),
  num_hidden_layers: count.default(12),
  num_attention_heads: count.default(12),
  image_size: count.default(224),
  patch_size: count.default(16),
  hidden_act: z.string().default("gelu_pytorch_tanh"),
  layer_norm_eps: z.number().positive().default(1e-6),
});

const projectorSchema = z.looseObject({
  mm_projector_type: z.enum(["mlp_downsample_3x3_fix", "mlp_downsample_2x2_fix"]).default("mlp_downsample_3x3_fix"),
});

const rootSchema = z.looseObject({
  image_token_id: z.number().int().nonnegative().optional(),
  image_aspect_ratio: z.enum(["dynamic", "resize"]).default("dynamic"),
  min_tiles: count.default(1),
  max_tiles: count.max(4096).default(12),
  mm_vision_select_layer: z.number().int().negative().default(-2),
  mm_vision_select_feature: z.literal("cls_patch").default("cls_patch"),
  mm_use_im_start_end: z.literal(false).default(false),
  s2: z.literal(false).default(false),
  dynamic_s2: z.literal(false).default(false),
});

const textSchema = z.looseObject({ model_type: z.string().optional(), tie_word_embeddings: z.boolean().optional() });

/** The SigLIP tower's sizes, and how the projector joins its patches; `layers` are those whose output is needed. */
export interface NvilaVisionConfig extends EncoderConfig {
  /** Pixels along the side of a tile. */
  readonly imageSize: number;
  readonly patchSize: number;
  /** Patches along the side of a tile. */
  readonly side: number;
  /** Patches along the side of what becomes one feature row. */
  readonly factor: 2 | 3;
  /** Feature rows along the side of a tile; what the last ones lack is filled with zeros. */
  readonly cells: number;
}

/** The configuration of an NVILA checkpoint. */
export interface NvilaConfig {
  readonly text: TextDecoderConfig;
  readonly vision: NvilaVisionConfig;
  /** Undefined when the files do not say. */
  readonly imageTokenId: number | undefined;
  /** Undefined when the files do not say. */
  readonly tiedEmbeddings: boolean | undefined;
  /** A lone picture is cut into tiles, each with a newline behind it in the prompt (`image_aspect_ratio`). */
  readonly dynamic: boolean;
  /** How many tiles a lone picture may become. */
  readonly minTiles: number;
  readonly maxTiles: number;
}

/**
 * Reads the configuration of NVILA (specs/vlm.md B6).
 *
 * @throws ModelLoadError naming the file and the key that is missing, wrong or asks for something unsupported
 */
export function parseNvilaConfig({ root: json, text, vision, projector }: NvilaConfigFiles): NvilaConfig {
  const root = parseConfig(rootSchema, withoutNulls(json), "config.json");
  const llm = parseConfig(textSchema, text.json, text.file);
  const { defaults, qkNorm } = textArchitecture(llm.model_type);
  const { mm_projector_type } = parseConfig(projectorSchema, projector.json ?? {}, projector.file);
  const dynamic = root.image_aspect_ratio === "dynamic";
  return {
    text: parseTextDecoderConfig({ ...defaults, ...llm }, text.file, qkNorm),
    vision: visionConfig(parseConfig(visionSchema, vision.json, vision.file), {
      file: vision.file,
      selectLayer: root.mm_vision_select_layer,
      factor: mm_projector_type === "mlp_downsample_3x3_fix" ? 3 : 2,
    }),
    imageTokenId: root.image_token_id,
    tiedEmbeddings: llm.tie_word_embeddings,
    dynamic,
    minTiles: dynamic ? root.min_tiles : 1,
    maxTiles: dynamic ? root.max_tiles : 1,
  };
}

function visionConfig(
  vision: z.output<typeof visionSchema>,
  { file, selectLayer, factor }: { readonly file: string; readonly selectLayer: number; readonly factor: 2 | 3 },
): NvilaVisionConfig {
  const side = Math.floor(vision.image_size / vision.patch_size);
  const layers = vision.num_hidden_layers + 1 + selectLayer;
  if (side === 0 || layers < 1 || vision.hidden_size % vision.num_attention_heads !== 0) {
    throw new ModelLoadError(
      `${file}: image_size ${vision.image_size} with patches of ${vision.patch_size} pixels, mm_vision_select_layer ${selectLayer} of ${vision.num_hidden_layers} layers, hidden_size ${vision.hidden_size} for ${vision.num_attention_heads} heads: at least one patch and one layer and a multiple of the heads are needed.`,
    );
  }
  return {
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
    factor,
    cells: Math.ceil(side / factor),
  };
}
