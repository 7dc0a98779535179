import { readFile } from "node:fs/promises";
import { ModelLoadError } from "@ocellus/core";
import { describe, expect, test } from "vitest";
import type { CheckpointFiles } from "../checkpoint/checkpoint-files.ts";
import { createDetokenizer } from "./incremental-detokenizer.ts";
import { createTokenizer, loadTokenizer, type Tokenizer } from "./tokenizer.ts";

const folder = new URL("../../../../fixtures/tokenizers/", import.meta.url);
const names = ["qwen2_5_vl", "qwen3_5", "smolvlm", "deepseek_ocr", "llava_next", "gemma3"];

interface TextFixture {
  readonly encode: { text: string; ids: number[]; plain: number[] }[];
  readonly decode: { ids: number[]; text: string; skipped: string }[];
}

async function readFixture(path: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(path, folder), "utf8"));
}

function filesOf(contents: Record<string, unknown>): CheckpointFiles {
  return {
    has: (file) => file in contents,
    readText: async (file) => String(contents[file]),
    readJson: async (file) => contents[file],
  };
}

async function load(name: string): Promise<Tokenizer> {
  return loadTokenizer(
    filesOf({
      "tokenizer.json": await readFixture(`${name}/tokenizer.json`),
      "tokenizer_config.json": await readFixture(`${name}/tokenizer_config.json`),
    }),
  );
}

/** All that the incremental detokenizer returns, joined. */
function stream(tokenizer: Tokenizer, ids: readonly number[], skipSpecialTokens: boolean): string {
  const detokenizer = createDetokenizer(tokenizer, { skipSpecialTokens });
  return ids.map((id) => detokenizer.push(id)).join("") + detokenizer.flush();
}

describe.each(names)("%s equals transformers", (name) => {
  test("encode", async () => {
    const tokenizer = await load(name);
    const { encode } = (await readFixture(`${name}/text.json`)) as TextFixture;
    for (const { text, ids, plain } of encode) {
      expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(ids);
      expect(tokenizer.encode(text, { addSpecialTokens: false }), JSON.stringify(text)).toEqual(plain);
    }
  });

  test("decode, at once and incrementally", async () => {
    const tokenizer = await load(name);
    const { decode } = (await readFixture(`${name}/text.json`)) as TextFixture;
    for (const { ids, text, skipped } of decode) {
      expect(tokenizer.decode(ids), JSON.stringify(ids)).toBe(text);
      expect(tokenizer.decode(ids, { skipSpecialTokens: true }), JSON.stringify(ids)).toBe(skipped);
      expect(stream(tokenizer, ids, false)).toBe(text);
      expect(stream(tokenizer, ids, true)).toBe(skipped);
    }
  });

  test("any ids: the joined pieces equal decode", async () => {
    const tokenizer = await load(name);
    let state = 1;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (let round = 0; round < 200; round++) {
      const ids = Array.from({ length: 1 + random(40) }, () => random(tokenizer.vocabSize + 4));
      expect(stream(tokenizer, ids, true)).toBe(tokenizer.decode(ids, { skipSpecialTokens: true }));
    }
  });

  test("text split into its bytes comes out character by character", async () => {
    const tokenizer = await load(name);
    const text = "a 👩‍👩‍👧‍👦 图 ภาพ e\u0301 \ufeff end";
    const ids = tokenizer.encode(text, { addSpecialTokens: false });
    expect(stream(tokenizer, ids, true)).toBe(tokenizer.decode(ids));
    const detokenizer = createDetokenizer(tokenizer);
    for (const id of ids) expect(detokenizer.push(id)).not.toContain("\ufffd");
  });
});

test("text is handed out as soon as it is settled", async () => {
  const tokenizer = await load("qwen2_5_vl");
  const ids = tokenizer.encode("Hi 图 x", { addSpecialTokens: false });
  const detokenizer = createDetokenizer(tokenizer);
  const pieces = ids.map((id) => detokenizer.push(id));
  expect(detokenizer.flush()).toBe("");
  expect(pieces.filter((piece) => piece.length > 0).length).toBeGreaterThan(3);
});

test("half a character at the end becomes U+FFFD at flush", async () => {
  const tokenizer = await load("qwen2_5_vl");
  const detokenizer = createDetokenizer(tokenizer);
  const bytes = tokenizer.encode("𝟙", { addSpecialTokens: false });
  expect(detokenizer.push(bytes[0]!)).toBe("");
  expect(detokenizer.flush()).toBe("\ufffd");
});

test("names and ids", async () => {
  const tokenizer = await load("llava_next");
  expect(tokenizer.named).toEqual({ bos_token: "<s>", eos_token: "</s>", unk_token: "<unk>", pad_token: "<pad>" });
  expect(tokenizer.tokenToId("<image>")).toBe(640);
  expect(tokenizer.idToToken(640)).toBe("<image>");
  expect(tokenizer.idToToken(642)).toBeUndefined();
  expect(tokenizer.vocabSize).toBe(642);
  expect([...tokenizer.specialTokenIds].sort((a, b) => a - b)).toEqual([0, 1, 2, 640, 641]);
  expect(tokenizer.decode([])).toBe("");
});

test("tokens may be named by objects, and declared special in tokenizer_config.json alone", async () => {
  const definition = (await readFixture("qwen3_5/tokenizer.json")) as Record<string, unknown>;
  const config = { eos_token: { content: "<|im_end|>" }, additional_special_tokens: ["<tool_call>"] };
  const tokenizer = createTokenizer(definition, config);
  expect(tokenizer.named).toEqual({ eos_token: "<|im_end|>" });
  expect(tokenizer.specialTokenIds.has(tokenizer.tokenToId("<tool_call>")!)).toBe(true);
  expect(tokenizer.specialTokenIds.has(tokenizer.tokenToId("<think>")!)).toBe(false);
});

test("plain encoding knows no added tokens", async () => {
  const tokenizer = await load("qwen2_5_vl");
  const ids = tokenizer.encodePlain("a<|im_end|>b");
  expect(ids).not.toContain(tokenizer.tokenToId("<|im_end|>"));
  expect(tokenizer.decode(ids)).toBe("a<|im_end|>b");
});

describe("what cannot be loaded", () => {
  test("no tokenizer.json: says what is there and how to get it", async () => {
    const error = await loadTokenizer(filesOf({ "vocab.json": {}, "merges.txt": "" })).catch((e: unknown) => e);
    expect(ModelLoadError.isInstance(error)).toBe(true);
    expect(String(error)).toMatch(/no tokenizer\.json.*vocab\.json and merges\.txt.*save_pretrained/);
  });

  test.each([
    ["an array", []],
    ["an empty object", {}],
    [
      "a model of an unknown type",
      { model: { type: "Future" }, decoder: null, post_processor: null, pre_tokenizer: null, normalizer: null },
    ],
    [
      "an unknown decoder",
      { model: {}, decoder: { type: "CTC" }, post_processor: null, pre_tokenizer: null, normalizer: null },
    ],
    ["an added token without id", { added_tokens: [{ content: "x" }] }],
  ])("%s", async (_, definition) => {
    const error = await loadTokenizer(filesOf({ "tokenizer.json": definition })).catch((e: unknown) => e);
    expect(ModelLoadError.isInstance(error)).toBe(true);
    expect(String(error)).toContain("tokenizer.json");
  });
});
