import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { parseConfig } from "../../checkpoint/parse-config.ts";

const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 20);
const indexes = z.array(z.number().int().nonnegative());

const publishedSchema = z.looseObject({
  width: z.looseObject({
    "clip-l-14-224": z.looseObject({ width: count, layers: count, heads: count }),
    sam_vit_b: z.looseObject({ width: count, layers: count, heads: count, global_attn_indexes: indexes }),
  }),
});

const towerSchema = z.looseObject({
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  layer_norm_eps: z.number().positive().optional(),
  hidden_act: z.string().optional(),
});

const nestedSchema = z.looseObject({
  sam_config: towerSchema.extend({
    global_attn_indexes: indexes,
    use_abs_pos: z.literal(true).default(true),
    use_rel_pos: z.literal(true).default(true),
  }),
  encoder_config: towerSchema,
});

/** What config.json says of one tower; everything else is in the shapes of its tensors. */
export interface TowerSize {
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly epsilon: number;
  readonly act: string;
}

/** The two towers, one behind the other. */
export interface TowerSizes {
  readonly sam: TowerSize & { readonly globalLayers: ReadonlySet<number> };
  readonly clip: TowerSize;
}

/** Built into the published code (specs/vlm.md B7). */
const samDefaults = { epsilon: 1e-6, act: "gelu" };
const clipDefaults = { epsilon: 1e-5, act: "quick_gelu" };

/**
 * Reads `vision_config`.
 *
 * @param isPublished whether it has the published layout
 * @throws ModelLoadError naming the key that is missing, wrong or asks for something unsupported
 */
export function towerSizes(json: unknown, isPublished: boolean): TowerSizes {
  const where = "config.json vision_config";
  if (isPublished) {
    const { sam_vit_b: sam, "clip-l-14-224": clip } = parseConfig(publishedSchema, json, where).width;
    const globalLayers = new Set(sam.global_attn_indexes);
    return checked({
      sam: { hiddenSize: sam.width, layers: sam.layers, heads: sam.heads, ...samDefaults, globalLayers },
      clip: { hiddenSize: clip.width, layers: clip.layers, heads: clip.heads, ...clipDefaults },
    });
  }
  const { sam_config: sam, encoder_config: clip } = parseConfig(nestedSchema, json, where);
  return checked({
    sam: { ...nestedSize(sam, samDefaults), globalLayers: new Set(sam.global_attn_indexes) },
    clip: nestedSize(clip, clipDefaults),
  });
}

function checked(towers: TowerSizes): TowerSizes {
  const odd = [towers.sam, towers.clip].find(({ hiddenSize, heads }) => hiddenSize % heads !== 0);
  if (odd === undefined) return towers;
  throw new ModelLoadError(
    `config.json vision_config: a width of ${odd.hiddenSize} cannot be divided among ${odd.heads} heads.`,
  );
}

function nestedSize(
  tower: z.output<typeof towerSchema>,
  defaults: { readonly epsilon: number; readonly act: string },
): TowerSize {
  return {
    hiddenSize: tower.hidden_size,
    layers: tower.num_hidden_layers,
    heads: tower.num_attention_heads,
    epsilon: tower.layer_norm_eps ?? defaults.epsilon,
    act: tower.hidden_act ?? defaults.act,
  };
}
