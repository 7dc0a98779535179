import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fixturesFolder } from "../../golden/scratch-checkpoint.ts";
import { parseQwen25VlConfig } from "./config.ts";

type Json = Record<string, unknown> & { vision_config: Record<string, unknown> };

const read = (name: string): Json =>
  JSON.parse(readFileSync(`${fixturesFolder}checkpoints/${name}/config.json`, "utf8"));

describe("the layouts of config.json", () => {
  test("flat, as published: rope_scaling and rope_theta at the root", () => {
    const config = parseQwen25VlConfig(read("qwen2_5_vl"));
    expect(config.text).toEqual({
      hiddenSize: 64,
      layers: 3,
      heads: 4,
      kvHeads: 2,
      headDim: 16,
      intermediateSize: 96,
      hiddenAct: "silu",
      epsilon: 1e-6,
      vocabSize: 672,
      contextLength: 4096,
      qkNorm: false,
      ropeTheta: 1e6,
      ropeSections: [2, 3, 3],
    });
    expect(config.vision).toMatchObject({ depth: 4, windowSize: 56, tokensPerSecond: 2, ropeTheta: 10_000 });
    expect([...config.vision.fullAttentionBlocks]).toEqual([1, 3]);
    expect([config.imageTokenId, config.videoTokenId, config.tiedEmbeddings]).toEqual([652, 653, false]);
  });

  test("nested, as transformers 5 saves it: text_config with rope_parameters", () => {
    const config = parseQwen25VlConfig(read("qwen2_5_vl-tied-window112"));
    expect(config.text).toMatchObject({ hiddenSize: 96, layers: 2, heads: 6, kvHeads: 2, headDim: 16, ropeTheta: 1e6 });
    expect(config.tiedEmbeddings).toBe(true);
  });

  test("what a file leaves out has transformers' defaults", () => {
    const { rms_norm_eps: _, max_position_embeddings: __, tie_word_embeddings: ___, ...flat } = read("qwen2_5_vl");
    const { tokens_per_second: ____, window_size: _____, patch_size: ______, ...vision } = flat.vision_config as Json;
    const config = parseQwen25VlConfig({ ...flat, num_key_value_heads: undefined, vision_config: vision });
    expect(config.text).toMatchObject({ epsilon: 1e-6, contextLength: 32_768, kvHeads: 4 });
    expect(config.vision).toMatchObject({ tokensPerSecond: 4, windowSize: 112, patchSize: 14 });
    expect(config.tiedEmbeddings).toBeUndefined();
  });
});

const refused: readonly (readonly [string, (json: Json) => unknown, RegExp])[] = [
  ["a key is missing", ({ hidden_size: _, ...json }) => json, /config\.json: hidden_size/],
  ["a size is no integer", (json) => ({ ...json, num_hidden_layers: 2.5 }), /num_hidden_layers/],
  ["a size is negative", (json) => ({ ...json, intermediate_size: -1 }), /intermediate_size/],
  ["a size is absurd", (json) => ({ ...json, vocab_size: 2 ** 40 }), /vocab_size/],
  ["no vision_config", ({ vision_config: _, ...json }) => json, /vision_config/],
  ["no image token", ({ image_token_id: _, ...json }) => json, /image_token_id/],
  ["no rope_scaling", ({ rope_scaling: _, ...json }) => json, /mrope_section is missing/],
  ["no rope_theta", ({ rope_theta: _, ...json }) => json, /rope_theta/],
  ["sections that do not fill the head", section([2, 3, 4]), /\[2, 3, 4\] must add up to half of head_dim \(16\)/],
  ["two sections", section([4, 4]), /mrope_section/],
  ["YaRN", (json) => ({ ...json, rope_scaling: { ...object(json.rope_scaling), type: "yarn" } }), /"yarn".*mrope/],
  ["a sliding window", (json) => ({ ...json, use_sliding_window: true }), /use_sliding_window/],
  ["heads that the key heads do not divide", (json) => ({ ...json, num_key_value_heads: 3 }), /4 is no multiple of.*3/],
  ["a head width that is no integer", (json) => ({ ...json, num_attention_heads: 6 }), /head_dim|num_attention_heads/],
  ["four channels", vision({ in_channels: 4 }), /4 input channels/],
  ["a window smaller than a cell", vision({ window_size: 20 }), /window_size 20 must be at least 28/],
  ["another width after the merger", vision({ out_hidden_size: 128 }), /out_hidden_size 128 equal.*64/],
  ["vision heads that cannot rotate", vision({ num_heads: 3 }), /hidden_size 32 a multiple of.*12/],
];

test.each(refused)("refuses: %s", (_, change, message) => {
  expect(() => parseQwen25VlConfig(change(read("qwen2_5_vl")))).toThrow(message);
});

test.each([null, 7, "config", []])("refuses %j as a whole", (json) => {
  expect(() => parseQwen25VlConfig(json)).toThrow(/config\.json/);
});

function section(mrope_section: readonly number[]): (json: Json) => unknown {
  return (json) => ({ ...json, rope_scaling: { type: "mrope", mrope_section } });
}

function vision(change: object): (json: Json) => unknown {
  return (json) => ({ ...json, vision_config: { ...json.vision_config, ...change } });
}

function object(value: unknown): object {
  return value as object;
}
