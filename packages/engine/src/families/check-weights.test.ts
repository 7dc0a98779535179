import { type Checkpoint, openCheckpoint } from "@ocellus/hub";
import { expect, test } from "vitest";
import { goldenNames } from "../golden/golden-checkpoint.ts";
import { fixturesFolder } from "../golden/scratch-checkpoint.ts";
import { familyOf } from "./registry.ts";

/** Tensors that the reference does not use either, or whose absence only means that there is no bias. */
const spare = /\.bias$|post_layernorm|vision_tower.*layers\.3\.|^mtp\.|vision_model\.embeddings\.patch_embedding/;

/** The checkpoint with other tensors than its files have. */
function withTensors(checkpoint: Checkpoint, tensors: Checkpoint["tensors"]): Checkpoint {
  return new Proxy(checkpoint, {
    get: (target, key) => {
      if (key === "tensors") return tensors;
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

test.each(goldenNames)("%s: no tensor may be missing or have another shape", async (name) => {
  const checkpoint = await openCheckpoint(`${fixturesFolder}checkpoints/${name}`);
  const family = familyOf(await checkpoint.readJson("config.json"));
  await expect(family.open(checkpoint, {})).resolves.toBeDefined();
  const used = [...checkpoint.tensors].filter(([key]) => !spare.test(key));
  expect(used.length).toBeGreaterThan(20);
  for (const [key, tensor] of used) {
    const others = new Map(checkpoint.tensors);
    others.delete(key);
    await expect(family.open(withTensors(checkpoint, others), {}), `${key} missing`).rejects.toThrow(
      /Weight ".*" is missing/,
    );
    const reshaped = new Map(checkpoint.tensors).set(key, { ...tensor, shape: [1, ...tensor.shape] });
    await expect(family.open(withTensors(checkpoint, reshaped), {}), `${key} reshaped`).rejects.toThrow(/has shape/);
  }
  await checkpoint.close();
});

type Json = Record<string, unknown>;

/** config.json with a change of `text_config`. */
async function openWithText(name: string, change: (text: Json) => Json): Promise<unknown> {
  const checkpoint = await openCheckpoint(`${fixturesFolder}checkpoints/${name}`);
  const config = (await checkpoint.readJson("config.json")) as Json;
  const changed = { ...config, text_config: change(config.text_config as Json) };
  const files = new Proxy(checkpoint, {
    get: (target, key) => {
      if (key === "readJson") return (file: string) => (file === "config.json" ? changed : target.readJson(file));
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  try {
    return await familyOf(config).open(files, {});
  } finally {
    await checkpoint.close();
  }
}

const without = (key: string) => (text: Json) =>
  Object.fromEntries(Object.entries(text).filter(([name]) => name !== key));
const having = (values: Json) => (text: Json) => ({ ...text, ...values });

test.each([
  ["qwen3_vl_moe", without("num_experts"), /num_experts/],
  ["qwen3_vl_moe", without("num_experts_per_tok"), /num_experts_per_tok/],
  ["qwen3_vl_moe", having({ num_experts: 8 }), /mlp\.gate\.weight" has shape \[6, 64\] but .* \[8, 64\]/],
  [
    "qwen3_vl_moe",
    having({ num_experts_per_tok: 7 }),
    /num_experts_per_tok 7 needs num_experts of at least that, found 6/,
  ],
  ["qwen3_vl_moe", having({ moe_intermediate_size: 32 }), /experts\.gate_up_proj" has shape/],
  ["qwen3_vl_moe", having({ mlp_only_layers: [1] }), /layers\.1\.mlp\.gate_proj\.weight" is missing/],
  ["qwen3_vl_moe", having({ decoder_sparse_step: 2 }), /layers\.0\.mlp\.gate_proj\.weight" is missing/],
  ["qwen3_5", without("linear_num_key_heads"), /linear_num_key_heads/],
  ["qwen3_5", without("intermediate_size"), /intermediate_size/],
  ["qwen3_5", having({ layer_types: ["full_attention"] }), /layer_types has 1 entries for num_hidden_layers 5/],
  ["qwen3_5", having({ layer_types: ["linear", "x"] }), /layer_types/],
  ["qwen3_5", without("layer_types"), /layers\.2\.linear_attn\.in_proj_qkv\.weight" is missing/],
  [
    "qwen3_5",
    having({ linear_num_value_heads: 3 }),
    /linear_num_value_heads 3 is no multiple of linear_num_key_heads 2/,
  ],
  ["qwen3_5", having({ rope_parameters: { mrope_section: [4, 2, 2] } }), /mrope_section \[4, 2, 2\]/],
  ["qwen3_5_moe", without("shared_expert_intermediate_size"), /shared_expert_intermediate_size/],
  ["qwen3_5_moe-split-experts", having({ num_experts: 4 }), /mlp\.gate\.weight" has shape \[6, 64\]/],
])("%s: config.json that does not fit is named (%#)", async (name, change, message) => {
  await expect(openWithText(name, change)).rejects.toMatchObject({
    code: "model-load",
    message: expect.stringMatching(message),
  });
});
