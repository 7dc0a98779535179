import { readFileSync } from "node:fs";
import { ModelLoadError } from "@ocellus/core";
import { expect, test } from "vitest";
import { fixturesFolder } from "../../golden/scratch-checkpoint.ts";
import { parseDeepseekOcrConfig } from "./config.ts";

type Json = Record<string, unknown>;

const read = (file: string): Json =>
  JSON.parse(readFileSync(`${fixturesFolder}checkpoints/deepseek_ocr/${file}`, "utf8"));
const published = read("config.json");
const native = read("native/config.json");
const within = (json: Json, key: string, change: Json): Json => ({
  ...json,
  [key]: { ...(json[key] as Json), ...change },
});

test("the published layout says the same as that of transformers", () => {
  const { imageTokenId, ...config } = parseDeepseekOcrConfig(native);
  expect([imageTokenId, config.tiedEmbeddings]).toEqual([640, false]);
  const { imageTokenId: _, ...same } = parseDeepseekOcrConfig(published);
  expect(same).toEqual(config);
  expect([...config.text.sparse!.layers]).toEqual([1, 2]);
  expect(config.text.sparse!.experts).toEqual({
    ...{ count: 6, perToken: 2, width: 24, isNormalized: false, scale: 1 },
    shared: { module: "shared_experts", width: 48 },
  });
  const { language_config: __, ...flat } = published;
  expect(parseDeepseekOcrConfig(flat).text).toEqual(config.text);
});

test("which layers have experts", () => {
  const sparse = (change: Json) => parseDeepseekOcrConfig(within(published, "language_config", change)).text.sparse;
  expect([...sparse({ first_k_dense_replace: 0, moe_layer_freq: 2 })!.layers]).toEqual([0, 2]);
  expect(sparse({ n_routed_experts: null })).toBeUndefined();
  expect(sparse({ n_shared_experts: null, norm_topk_prob: true, routed_scaling_factor: 2 })!.experts).toEqual({
    ...{ count: 6, perToken: 2, width: 24, isNormalized: true },
  });
});

const refused: readonly (readonly [string, unknown, RegExp])[] = [
  ["DeepSeek-VL2, which has the same model_type", { ...published, vision_config: {} }, /vision_config: width/],
  ["latent attention", within(published, "language_config", { use_mla: true }), /language_config: use_mla/],
  ["routing by groups", within(published, "language_config", { topk_method: "noaux_tc" }), /topk_method/],
  [
    "more experts a token than there are",
    within(published, "language_config", { num_experts_per_tok: 7 }),
    /per_tok 7/,
  ],
  [
    "a window (Unlimited-OCR)",
    within(native, "text_config", { layer_types: ["reference_sliding_attention"] }),
    /layer_types/,
  ],
  [
    "a window in the published layout",
    within(published, "language_config", { sliding_window: 128 }),
    /sliding attention/,
  ],
  ["no sizes", within(published, "language_config", { hidden_size: null }), /language_config: hidden_size/],
  ["heads that do not divide", JSON.parse(JSON.stringify(published).replaceAll('"heads":2', '"heads":5')), /5 heads/],
];

test.each(refused)("%s is refused with the key", (_, json, message) => {
  expect(() => parseDeepseekOcrConfig(json)).toThrow(message);
  expect(() => parseDeepseekOcrConfig(json)).toThrow(ModelLoadError);
});
