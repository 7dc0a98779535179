import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { inspectModel } from "./inspect-model.ts";

const fixtures = fileURLToPath(new URL("../../../fixtures/", import.meta.url));
const sharded = join(fixtures, "checkpoints/qwen2_5_vl-bf16-sharded");
const temporary: string[] = [];

afterEach(async () => {
  for (const folder of temporary.splice(0)) await rm(folder, { recursive: true });
});

/** A copy of the sharded checkpoint that a test may damage. */
async function copy(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ocellus-inspect-"));
  temporary.push(folder);
  await cp(sharded, folder, { recursive: true });
  return folder;
}

async function editJson(file: string, change: (json: Record<string, unknown>) => void): Promise<void> {
  const json = JSON.parse(await readFile(file, "utf8"));
  change(json);
  await writeFile(file, JSON.stringify(json));
}

// Counts of this and the next test were taken from the safetensors headers with Python's json and struct.
test("a sharded bfloat16 checkpoint", async () => {
  const found = await inspectModel(sharded);
  expect(found).toMatchObject({
    folder: sharded,
    modelType: "qwen2_5_vl",
    architectures: ["Qwen2_5_VLForConditionalGeneration"],
    isLoadable: true,
    problems: [],
    weights: {
      files: 3,
      tensors: 69,
      bytes: 504_928,
      dtypes: [{ dtype: "BF16", tensors: 69, parameters: 252_464, bytes: 504_928 }],
    },
    parameters: { total: 252_464, vision: 79_696, language: 172_768 },
    vocabularySize: 672,
    contextLength: 4096,
    tiedEmbeddings: false,
    imageLimits: { minPixels: 3136, maxPixels: 7840 },
    chatTemplate: "chat_template.jinja",
    generationConfig: { repetitionPenalty: 1.05, stopTokenIds: [642, 640] },
  });
  expect(found.memory?.precisions.map(({ precision }) => precision)).toEqual(["float32", "int8", "int4"]);
  expect(found.memory?.auto).toBe("float32");
  const [float32, int8, int4] = found.memory!.precisions;
  // Every matrix but the token embedding (read from the checkpoint itself) is held as four bytes an element.
  expect(float32!.weightBytes).toBeGreaterThan(4 * (252_464 - 672 * 64));
  expect(int8!.weightBytes).toBeLessThan(float32!.weightBytes);
  expect(int4!.weightBytes).toBeLessThan(int8!.weightBytes);
});

test("tied embeddings and settings inside of processor_config.json", async () => {
  const found = await inspectModel(join(fixtures, "checkpoints/qwen2_5_vl-tied-window112"));
  expect(found).toMatchObject({
    isLoadable: true,
    parameters: { total: 317_024, vision: 128_832, language: 188_192 },
    tiedEmbeddings: true,
    imageLimits: { minPixels: 3136, maxPixels: 47_040 },
  });
});

test("all problems of a folder are reported, not only the first", async () => {
  const folder = await copy();
  await rm(join(folder, "tokenizer.json"));
  await rm(join(folder, "chat_template.jinja"));
  await rm(join(folder, "preprocessor_config.json"));
  await editJson(join(folder, "config.json"), (config) => {
    config.model_type = "kosmos-2";
    config.quantization_config = { quant_method: "hqq" };
  });
  const found = await inspectModel(folder);
  expect(found.isLoadable).toBe(false);
  expect(found.problems.map(({ subject }) => subject)).toEqual([
    "architecture",
    "quantisation",
    "image processor",
    "tokenizer",
    "chat template",
  ]);
  expect(found.problems[0]!.message).toContain('"kosmos-2" is not supported. Supported: ');
  expect(found.problems[1]!.message).toContain('"hqq"');
  // What can be known without a family is still there.
  expect(found).toMatchObject({
    modelType: "kosmos-2",
    parameters: { total: 252_464 },
    vocabularySize: 672,
    memory: null,
  });
});

test("a missing shard leaves everything else inspected", async () => {
  const folder = await copy();
  await rm(join(folder, "model-00002-of-00003.safetensors"));
  const found = await inspectModel(folder);
  expect(found.problems).toHaveLength(1);
  expect(found.problems[0]).toMatchObject({ subject: "weights" });
  expect(found.problems[0]!.message).toContain("model-00002-of-00003.safetensors");
  expect(found).toMatchObject({
    isLoadable: false,
    modelType: "qwen2_5_vl",
    weights: null,
    memory: null,
    chatTemplate: "chat_template.jinja",
    generationConfig: { stopTokenIds: [642, 640] },
  });
});

test("weights of element types that cannot be converted are named", async () => {
  const folder = await copy();
  const file = join(folder, "model-00001-of-00003.safetensors");
  const bytes = await readFile(file);
  // One dtype name in the header becomes another of the same length and width.
  const header = bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE()));
  header.write(header.toString("latin1").replace('"BF16"', '"I16" '), "latin1");
  await writeFile(file, bytes);
  const { problems } = await inspectModel(folder);
  expect(problems).toEqual([{ subject: "quantisation", message: expect.stringContaining("I16 (1, the first is ") }]);
});

test("tokenizer.json of another checkpoint", async () => {
  const folder = await copy();
  await cp(join(fixtures, "tokenizers/llava_next/tokenizer.json"), join(folder, "tokenizer.json"));
  await editJson(join(folder, "config.json"), (config) => {
    config.image_token_id = 671;
  });
  const { problems } = await inspectModel(folder);
  expect(problems).toEqual([{ subject: "tokenizer", message: expect.stringContaining("no token 671") }]);
});

test("config.json that is no JSON", async () => {
  const folder = await copy();
  await writeFile(join(folder, "config.json"), "{");
  const { problems } = await inspectModel(folder);
  expect(problems[0]).toMatchObject({ subject: "config.json" });
});

test("what is no folder is an error of the call", async () => {
  await expect(inspectModel(join(fixtures, "nothing"))).rejects.toMatchObject({ code: "model-load" });
  await expect(inspectModel(join(sharded, "config.json"))).rejects.toMatchObject({ code: "model-load" });
  await expect(inspectModel("")).rejects.toMatchObject({ code: "invalid-argument" });
  await expect(inspectModel(sharded, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
  await expect(inspectModel(sharded, { blockSize: 31 as 32 })).rejects.toMatchObject({ code: "invalid-argument" });
});

test("an adapter folder is inspected with its base", async () => {
  const adapter = join(fixtures, "checkpoints/qwen2_5_vl/lora-dora-save");
  const found = await inspectModel(adapter);
  expect(found).toMatchObject({
    folder: join(fixtures, "checkpoints/qwen2_5_vl"),
    isLoadable: true,
    adapter: { folder: adapter, kind: "DoRA", base: "..", rank: 3, modules: 6, replaced: ["lm_head.weight"] },
  });
  const given = await inspectModel(join(fixtures, "checkpoints/qwen2_5_vl"), { adapter });
  expect(given.adapter).toEqual(found.adapter);
  const foreign = await inspectModel(sharded, { adapter });
  expect(foreign.problems.map(({ message }) => message).join()).toMatch(/does not fit.*another base/);
});

test("a model that the Hub's cache has, by its id; one that it lacks is not downloaded", async () => {
  const cacheDir = await mkdtemp(join(tmpdir(), "ocellus-inspect-"));
  temporary.push(cacheDir);
  const commit = "a".repeat(40);
  const model = join(cacheDir, "models--acme--tiny");
  await cp(sharded, join(model, "snapshots", commit), { recursive: true });
  await mkdir(join(model, "refs"));
  await writeFile(join(model, "refs/main"), commit);
  const found = await inspectModel("acme/tiny", { hub: { cacheDir } });
  expect(found).toMatchObject({ folder: join(model, "snapshots", commit), isLoadable: true });
  await expect(inspectModel("acme/tiny", { hub: { cacheDir }, revision: "v2" })).rejects.toThrow(
    /acme\/tiny \(revision v2\) is not in the cache .*ocellus models pull acme\/tiny/,
  );
});
