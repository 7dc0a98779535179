import { z } from "zod";
import { textArchitecture } from "../../blocks/text-decoder/text-architectures.ts";
import { parseTextDecoderConfig, type TextDecoderConfig } from "../../blocks/text-decoder/text-decoder-config.ts";
import {
  type ClipTowerConfig,
  parseClipTowerConfig,
  siglipDefaults,
} from "../../blocks/vision-tower/clip-tower-config.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import { withoutNulls } from "../../checkpoint/without-nulls.ts";
import type { NvilaConfigFiles } from "./config-files.ts";

const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 20);

const towerSchema = z.looseObject({
  model_type: z.literal("siglip_vision_model").default("siglip_vision_model"),
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
export interface NvilaVisionConfig extends ClipTowerConfig {
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
  const factor = mm_projector_type === "mlp_downsample_3x3_fix" ? 3 : 2;
  const tower = parseClipTowerConfig(parseConfig(towerSchema, vision.json, vision.file), {
    ...{ kind: "siglip", defaults: siglipDefaults, where: vision.file },
    ...{ featureLayer: root.mm_vision_select_layer, featureKey: "mm_vision_select_layer" },
  });
  const dynamic = root.image_aspect_ratio === "dynamic";
  return {
    text: parseTextDecoderConfig({ ...defaults, ...llm }, text.file, qkNorm),
    vision: { ...tower, factor, cells: Math.ceil(tower.side / factor) },
    imageTokenId: root.image_token_id,
    tiedEmbeddings: llm.tie_word_embeddings,
    dynamic,
    minTiles: dynamic ? root.min_tiles : 1,
    maxTiles: dynamic ? root.max_tiles : 1,
  };
}
