import type { TextDecoderNames } from "../../blocks/text-decoder/text-decoder-config.ts";

/** Modules of the language model. */
export const textNames: TextDecoderNames = { model: "model.text_model", head: "lm_head" };

/** Modules of the tower and of the connector behind it. */
export const visionNames = {
  patches: "model.vision_model.embeddings.patch_embedding",
  positions: "model.vision_model.embeddings.position_embedding.weight",
  layers: "model.vision_model.encoder.layers",
  lastNorm: "model.vision_model.post_layernorm",
  connector: "model.connector.modality_projection.proj",
} as const;
