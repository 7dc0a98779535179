import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import type { EncoderConfig } from "../vision-tower/encoder-layer.ts";

const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 20);
const index = z.number().int().nonnegative();

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

/** The vision tower's sizes. */
export interface Qwen3VisionConfig extends EncoderConfig {
  readonly patchSize: number;
  readonly mergeSize: number;
  readonly temporalPatchSize: number;
  /** Cells along the side of the learned grid of positions. */
  readonly positionSide: number;
  readonly outHiddenSize: number;
  /** Blocks whose output is added behind the first layers of the language model, in this order. */
  readonly deepstackBlocks: readonly number[];
}

/**
 * Reads the sizes of a vision tower (specs/vlm.md B2 "Config").
 *
 * @param json `vision_config` of a config.json
 * @param text the language model that its features go to
 * @throws ModelLoadError naming the key that is missing or wrong, or all sizes when they contradict each other
 */
export function parseQwen3VisionConfig(
  json: unknown,
  text: { readonly layers: number; readonly hiddenSize: number },
): Qwen3VisionConfig {
  const vision = parseConfig(visionSchema, json, "config.json vision_config");
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
