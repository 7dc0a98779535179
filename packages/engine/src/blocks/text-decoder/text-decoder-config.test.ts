import { ModelLoadError } from "@ocellus/core";
import { expect, test } from "vitest";
import { textArchitecture } from "./text-architectures.ts";
import { parseTextDecoderConfig } from "./text-decoder-config.ts";

const sizes = {
  ...{ hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2 },
  ...{ intermediate_size: 96, vocab_size: 100, max_position_embeddings: 512 },
};
const parse = (more: object) => parseTextDecoderConfig({ ...sizes, ...more }, "text_config", false);

test("the base of the rotation is found in both layouts, and 10,000 without", () => {
  expect(parse({ rope_theta: 5e5, rope_scaling: null }).ropeTheta).toBe(5e5);
  expect(parse({ rope_parameters: { rope_theta: 1e6, rope_type: "default" } }).ropeTheta).toBe(1e6);
  expect(parse({})).toMatchObject({ ropeTheta: 1e4, headDim: 16, kvHeads: 2 });
});

test.each([
  [{ rope_scaling: { type: "dynamic", factor: 2 } }],
  [{ use_sliding_window: false, sliding_window: 4096 }],
  [{ sliding_window: null }],
  [{ num_key_value_heads: null }],
])("%j is computed", (more) => {
  expect(() => parse(more)).not.toThrow();
});

test.each([
  [{ rope_scaling: { rope_type: "yarn", factor: 4 } }],
  [{ use_sliding_window: true, sliding_window: 4096 }],
  [{ sliding_window: 4096 }],
  [{ num_key_value_heads: 3 }],
  [{ head_dim: 15 }],
  [{ hidden_size: 0 }],
])("%j is refused with its place", (more) => {
  expect(() => parse(more)).toThrow(ModelLoadError);
  expect(() => parse(more)).toThrow(/^text_config/);
});

test("files may leave out what the configuration class of the language model has", () => {
  const { defaults, qkNorm } = textArchitecture("mistral");
  const text = parseTextDecoderConfig({ ...defaults, vocab_size: 32_064, sliding_window: null }, "text_config", qkNorm);
  expect(text).toMatchObject({ layers: 32, kvHeads: 8, intermediateSize: 14_336, headDim: 128, qkNorm: false });
  expect(() => textArchitecture("gpt_oss")).toThrow('"gpt_oss" is not supported. Supported: llama');
});
