import { readFileSync } from "node:fs";
import { ModelLoadError } from "@ocellus/core";
import { expect, test } from "vitest";
import { fixturesFolder } from "../../golden/scratch-checkpoint.ts";
import { parseNvilaConfig } from "./config.ts";
import { readConfigFiles } from "./config-files.ts";

type Json = Record<string, unknown>;

const flat: Json = JSON.parse(readFileSync(`${fixturesFolder}checkpoints/nvila-flat/config.json`, "utf8"));
const parse = async (json: unknown) =>
  parseNvilaConfig(
    await readConfigFiles({ has: () => false, readText: async () => "", readJson: async () => structuredClone(json) }),
  );
const within = (key: string, change: Json): Json => ({ ...flat, [key]: { ...(flat[key] as Json), ...change } });

test("tiles are joined three by three, the last ones with what there is; nulls are left to the defaults", async () => {
  const { vision, ...config } = await parse({ ...flat, max_tiles: null, mm_projector_cfg: undefined });
  expect(vision).toMatchObject({ side: 5, factor: 3, cells: 2, layers: 3, epsilon: 1e-6, act: "gelu_pytorch_tanh" });
  expect(config).toMatchObject({ dynamic: true, minTiles: 1, maxTiles: 12, imageTokenId: 663 });
  expect(await parse({ ...flat, image_aspect_ratio: "resize" })).toMatchObject({ dynamic: false, maxTiles: 1 });
});

const refused: readonly (readonly [string, unknown, RegExp])[] = [
  [
    "LLaVA 1.5, which has the same model_type",
    { model_type: "llava_llama" },
    /config\.json has no text_config or llm_cfg/,
  ],
  ["no tower", { ...flat, vision_config: null }, /no vision_config or vision_tower_cfg/],
  ["scales", { ...flat, image_aspect_ratio: "dynamic_s2" }, /config\.json: image_aspect_ratio/],
  [
    "another projector",
    within("mm_projector_cfg", { mm_projector_type: "linear" }),
    /mm_projector_cfg: mm_projector_type/,
  ],
  ["another tower", within("vision_config", { model_type: "radio" }), /vision_config: model_type/],
  ["heads that do not divide", within("vision_config", { num_attention_heads: 5 }), /hidden_size 24 for 5 heads/],
  ["a layer before the first", { ...flat, mm_vision_select_layer: -9 }, /mm_vision_select_layer -9 of 4 layers/],
  ["another language model", within("text_config", { model_type: "gemma" }), /language model "gemma" is not supported/],
  ["a size that is missing", within("text_config", { vocab_size: undefined }), /text_config: vocab_size/],
];

test.each(refused)("%s is refused with file and key", async (_, json, message) => {
  const error = await parse(json).catch((thrown: unknown) => thrown);
  expect(ModelLoadError.isInstance(error)).toBe(true);
  expect((error as Error).message).toMatch(message);
});
