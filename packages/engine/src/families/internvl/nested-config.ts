import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { parseConfig } from "../../checkpoint/parse-config.ts";

const chatSchema = z.looseObject({
  llm_config: z.looseObject({}),
  vision_config: z.looseObject({
    qk_normalization: z.boolean().default(false),
    image_size: z.unknown().optional(),
  }),
  force_image_size: z.number().int().positive().nullish(),
  ps_version: z.string().default("v1"),
  select_layer: z.number().int().default(-1),
});

/** True for the original layout of InternVL checkpoints. */
export function isChatLayout(json: unknown): boolean {
  return (json as { model_type?: unknown } | null)?.model_type === "internvl_chat";
}

/**
 * A config.json of the original layout (`internvl_chat`) with the keys of transformers; others pass unchanged.
 *
 * @throws ModelLoadError when it asks for something that only old checkpoints use
 */
export function nestedConfig(json: unknown): unknown {
  if (!isChatLayout(json)) return json;
  const chat = parseConfig(chatSchema, json, "config.json");
  if (chat.ps_version !== "v2") {
    throw new ModelLoadError(
      `config.json: ps_version "${chat.ps_version}" is not supported; only "v2" is (InternVL 1.5 and later).`,
    );
  }
  return {
    ...chat,
    text_config: chat.llm_config,
    vision_feature_layer: chat.select_layer,
    vision_config: {
      ...chat.vision_config,
      image_size: chat.force_image_size ?? chat.vision_config.image_size,
      use_qk_norm: chat.vision_config.qk_normalization,
    },
  };
}
