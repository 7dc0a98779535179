import type { EncoderLayerNames } from "./encoder-layer.ts";

/** The names that CLIP and SigLIP towers of transformers give the modules of a layer. */
export function clipLayerNames(prefix: string): EncoderLayerNames {
  return {
    norm1: `${prefix}.layer_norm1`,
    qkv: ["q_proj", "k_proj", "v_proj"].map((part) => `${prefix}.self_attn.${part}`),
    out: `${prefix}.self_attn.out_proj`,
    norm2: `${prefix}.layer_norm2`,
    fc1: `${prefix}.mlp.fc1`,
    fc2: `${prefix}.mlp.fc2`,
  };
}
