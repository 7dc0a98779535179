import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import { textArchitecture } from "../text-decoder/text-architectures.ts";
import { parseTextDecoderConfig, type TextDecoderConfig } from "../text-decoder/text-decoder-config.ts";
import {
  type ClipTowerConfig,
  clipDefaults,
  parseClipTowerConfig,
  siglipDefaults,
} from "../vision-tower/clip-tower-config.ts";

const tokenId = z.number().int().nonnegative();

const schema = z.looseObject({
  tie_word_embeddings: z.boolean().optional(),
  image_token_index: tokenId.optional(),
  image_token_id: tokenId.optional(),
  video_token_index: tokenId.optional(),
  video_token_id: tokenId.optional(),
  projector_hidden_act: z.string().default("gelu"),
  vision_feature_layer: z.number().int().optional(),
  vision_feature_select_strategy: z.enum(["default", "full"]).optional(),
  vision_config: z.looseObject({ model_type: z.string().optional() }),
  text_config: z.looseObject({ model_type: z.string().optional(), tie_word_embeddings: z.boolean().optional() }),
});

/** What a family of the LLaVA lineage has where its config.json says nothing. */
export interface LlavaDefaults {
  /** `model_type` of the vision tower and of the language model. */
  readonly vision: "clip_vision_model" | "siglip_vision_model";
  readonly text: string;
  readonly featureLayer: number;
}

/** A config.json of the LLaVA lineage. */
export interface LlavaConfig {
  readonly text: TextDecoderConfig;
  readonly vision: ClipTowerConfig;
  readonly projectorAct: string;
  readonly imageTokenId: number;
  /** Undefined in families without videos. */
  readonly videoTokenId: number | undefined;
  /** Undefined when the file does not say. */
  readonly tiedEmbeddings: boolean | undefined;
}

const towers = {
  clip_vision_model: { kind: "clip", defaults: clipDefaults, strategy: "default" },
  siglip_vision_model: { kind: "siglip", defaults: siglipDefaults, strategy: "full" },
} as const;

/**
 * Reads a config.json of the LLaVA lineage: CLIP or SigLIP, two linear layers, a language model.
 *
 * @throws ModelLoadError naming the key that is missing, wrong or asks for something unsupported
 */
export function parseLlavaConfig(json: unknown, defaults: LlavaDefaults): LlavaConfig {
  const root = parseConfig(schema, json, "config.json");
  const { text_config: text, vision_config: vision } = root;
  const { kind, defaults: sizes, strategy } = towerOf(vision.model_type ?? defaults.vision);
  const imageTokenId = root.image_token_id ?? root.image_token_index;
  const selected = root.vision_feature_select_strategy ?? strategy;
  if (imageTokenId === undefined || selected !== strategy) {
    throw new ModelLoadError(
      `config.json: image_token_index ${imageTokenId}, vision_feature_select_strategy "${selected}": a token and "${strategy}" are needed with the vision tower "${vision.model_type ?? defaults.vision}".`,
    );
  }
  const { defaults: textDefaults, qkNorm } = textArchitecture(text.model_type ?? defaults.text);
  return {
    text: parseTextDecoderConfig({ ...textDefaults, ...text }, "config.json text_config", qkNorm),
    vision: parseClipTowerConfig(vision, {
      ...{ kind, defaults: sizes, featureLayer: root.vision_feature_layer ?? defaults.featureLayer },
    }),
    projectorAct: root.projector_hidden_act,
    imageTokenId,
    videoTokenId: root.video_token_id ?? root.video_token_index,
    tiedEmbeddings: text.tie_word_embeddings === true ? true : (root.tie_word_embeddings ?? text.tie_word_embeddings),
  };
}

function towerOf(modelType: string): (typeof towers)[keyof typeof towers] {
  if (modelType === "clip_vision_model" || modelType === "siglip_vision_model") return towers[modelType];
  throw new ModelLoadError(
    `config.json vision_config: model_type "${modelType}" is not supported. Supported: ${Object.keys(towers).join(", ")}.`,
  );
}
