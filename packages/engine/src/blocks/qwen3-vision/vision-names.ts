import type { EncoderLayerNames } from "../vision-tower/encoder-layer.ts";

/** Modules of the vision tower. */
export const visionNames = {
  patches: "model.visual.patch_embed.proj",
  positions: "model.visual.pos_embed.weight",
  merger: "model.visual.merger",
  deepstackMergers: "model.visual.deepstack_merger_list",
} as const;

/** Modules of one block of the vision tower. */
export function blockNames(block: number): EncoderLayerNames {
  const prefix = `model.visual.blocks.${block}`;
  return {
    norm1: `${prefix}.norm1`,
    qkv: [`${prefix}.attn.qkv`],
    out: `${prefix}.attn.proj`,
    norm2: `${prefix}.norm2`,
    fc1: `${prefix}.mlp.linear_fc1`,
    fc2: `${prefix}.mlp.linear_fc2`,
  };
}
