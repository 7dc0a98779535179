import { expect, test } from "vitest";
import { selectFiles } from "./select-files.ts";

const etag = "a".repeat(40);
const select = (paths: readonly string[]): string[] =>
  selectFiles(paths.map((path) => ({ path, size: 1, etag }))).map(({ path }) => path);
const shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];

test.each<[string, readonly string[], readonly string[]]>([
  [
    "settings, tokenizer, templates and weights; no program, no pickle, no picture, no training state",
    ["config.json", "merges.txt", "vocab.txt", "tokenizer.model", "chat_templates/default.jinja", "model.safetensors"],
    [
      "README.md",
      "modeling_x.py",
      "pytorch_model.bin",
      "pytorch_model.bin.index.json",
      "a.png",
      "trainer_state.json",
      "requirements.txt",
      "training_args.bin",
    ],
  ],
  ["shards with their index", ["config.json", "model.safetensors.index.json", ...shards], ["consolidated.safetensors"]],
  ["one file rather than shards of the same", ["config.json", "model.safetensors"], shards],
  ["an adapter", ["adapter_config.json", "adapter_model.safetensors"], ["adapter_model.bin"]],
  [
    "a model in parts, where the top has no weights",
    ["config.json", "llm/config.json", "llm/tokenizer.json", "llm/model.safetensors", "vision_tower/model.safetensors"],
    ["checkpoint-500/model.safetensors", "llm/deep/model.safetensors", "onnx/model.safetensors", "docs/notes.json"],
  ],
  [
    "no parts beside weights at the top",
    ["config.json", "model.safetensors"],
    ["checkpoint-5/config.json", "fp8/model.safetensors"],
  ],
])("%s", (_, wanted, unwanted) => {
  expect(select([...unwanted, ...wanted]).sort()).toEqual([...wanted].sort());
});
