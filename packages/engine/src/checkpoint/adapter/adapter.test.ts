import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Checkpoint, openCheckpoint } from "@ocellus/hub";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixturesFolder } from "../../golden/scratch-checkpoint.ts";
import { openModelCheckpoint } from "../model-checkpoint.ts";
import { plainWeight, readTensorSync, readWhole } from "../stored-weight.ts";
import { createWeightSource } from "../weight-source.ts";
import { applyAdapter } from "./apply-adapter.ts";

const folder = `${fixturesFolder}adapters`;
const kinds = ["embedding", "convolution", "biases", "all-biases", "tokens", "dora-patterns", "saved"];

describe("what PEFT merges", () => {
  let expected: Checkpoint;
  let base: Checkpoint;

  beforeAll(async () => {
    expected = await openCheckpoint(folder, { weightsFile: "expected.safetensors" });
    base = await openCheckpoint(join(folder, "base"));
  });

  afterAll(() => Promise.all([expected.close(), base.close()]));

  test.each(kinds)("%s: every weight is PEFT's, as a whole and by rows", async (kind) => {
    await using checkpoint = await openModelCheckpoint(join(folder, kind));
    const weights = createWeightSource(checkpoint, []);
    let changed = 0;
    for (const [name, tensor] of base.tensors) {
      const merged = expected.tensors.get(`${kind}/${name}`);
      if (merged !== undefined) changed++;
      const values = readTensorSync(merged === undefined ? base : expected, merged ?? tensor);
      expect(weights.shape(name)).toEqual(tensor.shape);
      expectClose(await weights.read(name), values);
      const row = new Float32Array(values.length / tensor.shape[0]!);
      weights.readRowSync(name, 3, row);
      expectClose(row, values.subarray(3 * row.length, 4 * row.length));
    }
    expect(changed).toBe([...expected.tensors.keys()].filter((key) => key.startsWith(`${kind}/`)).length);
  });

  test("a saved embedding leaves the head that was tied to it with the old values", async () => {
    await using checkpoint = await openModelCheckpoint(join(folder, "base"), { adapter: join(folder, "saved") });
    expect(await checkpoint.readJson("config.json")).toEqual({ tie_word_embeddings: false, vocab_size: 20 });
    for (const prefix of ["", "llm."]) {
      const weights = new Map(
        [...base.tensors].map(([name, tensor]) => [prefix + name, plainWeight(base, tensor, name)]),
      );
      const head = `${prefix}lm_head.weight`;
      weights.delete(head);
      applyAdapter(checkpoint.adapter!, weights, (name) => prefix + name);
      const old = readTensorSync(base, base.tensors.get("model.embed_tokens.weight")!);
      expectClose(await readWhole(weights.get(head)!), old);
      expect([...(await readWhole(weights.get(`${prefix}model.embed_tokens.weight`)!))]).not.toEqual([...old]);
    }
    await using other = await openModelCheckpoint(join(folder, "embedding"));
    expect(await other.readJson("config.json")).toEqual({ tie_word_embeddings: true, vocab_size: 20 });
  });

  test("fingerprints tell the base, its adapters and their settings apart", async () => {
    const prints = [await base.fingerprint()];
    for (const kind of ["biases", "saved"]) {
      await using checkpoint = await openModelCheckpoint(join(folder, kind));
      prints.push(await checkpoint.fingerprint());
    }
    expect(new Set(prints).size).toBe(3);
  });
});

describe("what cannot be merged is named", () => {
  let root: string;
  const path = (file: string): string => join(root, "adapter", file);
  const edit = async (change: object): Promise<void> => {
    const json = JSON.parse(await readFile(path("adapter_config.json"), "utf8"));
    await writeFile(path("adapter_config.json"), JSON.stringify({ ...json, ...change }));
  };
  const open = async (): Promise<void> => {
    await using checkpoint = await openModelCheckpoint(path(""));
    createWeightSource(checkpoint, []);
  };

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "ocellus-adapter-"));
    await cp(join(folder, "base"), join(root, "base"), { recursive: true });
  });

  afterAll(() => rm(root, { recursive: true, force: true }));

  const restore = async (kind: string): Promise<void> => {
    await rm(path(""), { recursive: true, force: true });
    await cp(join(folder, kind), path(""), { recursive: true });
  };

  test.each<readonly [string, object, RegExp]>([
    ["another kind", { peft_type: "LOHA" }, /adapter_config\.json: peft_type "LOHA" is not supported/],
    ["a variant", { use_qalora: true }, /adapter_config\.json: use_qalora is set/],
    ["experts", { target_parameters: ["experts.gate_up_proj"] }, /target_parameters is set/],
    ["a changed base", { init_lora_weights: "pissa_niter_16" }, /init_lora_weights "pissa_niter_16"/],
    ["another rank", { r: 7 }, /rank 7 of module .*q_proj.* contradicts tensor .*lora_A.*\[5, 16\]/],
    ["a rank that is none", { r: "many" }, /adapter_config\.json: r: /],
    ["a slow pattern", { rank_pattern: { "(a+)+": 2 } }, /rank_pattern: "\(a\+\)\+" is no regular expression/],
    ["a broken pattern", { alpha_pattern: { "(a": 2 } }, /alpha_pattern: "\(a" is no regular expression/],
    ["missing magnitudes", { use_dora: true }, /use_dora: module .* has no lora_magnitude_vector/],
    ["no base", { base_model_name_or_path: null }, /base_model_name_or_path is missing/],
    ["a base that is not there", { base_model_name_or_path: "./elsewhere" }, /elsewhere/],
  ])("%s", async (_, change, message) => {
    await restore("biases");
    await edit(change);
    await expect(open()).rejects.toMatchObject({ code: "model-load", message: expect.stringMatching(message) });
  });

  test("a file that is missing or of another format", async () => {
    await restore("biases");
    await rm(path("adapter_model.safetensors"));
    await expect(open()).rejects.toThrow(/neither adapter_model\.safetensors nor/);
    await writeFile(path("adapter_model.bin"), "");
    await expect(open()).rejects.toThrow(/PyTorch weights are not supported/);
  });

  test.each<readonly [string, (header: string) => string, RegExp]>([
    [
      "a module that the base lacks",
      (text) => text.replaceAll("layers.1.", "layers.9."),
      /does not have.*another base/,
    ],
    ["another shape", (text) => text.replaceAll("[12,5]", "[15,4]"), /\[15, 4\] does not fit .*\[12, 16\]/],
    ["half a pair", (text) => text.replaceAll("1.q_proj.lora_B.weight", "1.q_proj.lora_C.weight"), /lora_C/],
    ["a missing half", (text) => text.replaceAll("1.q_proj.lora_B.weight", "1.k_proj.lora_B.weight"), /no lora_/],
  ])("%s", async (_, change, message) => {
    await restore("biases");
    const bytes = await readFile(path("adapter_model.safetensors"));
    const end = 8 + Number(bytes.readBigUInt64LE(0));
    bytes.write(change(bytes.toString("utf8", 8, end)), 8);
    await writeFile(path("adapter_model.safetensors"), bytes);
    await expect(open()).rejects.toMatchObject({ code: "model-load", message: expect.stringMatching(message) });
  });

  test("an adapter for an adapter, and weights beside an adapter", async () => {
    await restore("biases");
    await expect(openModelCheckpoint(path(""), { adapter: path("") })).rejects.toMatchObject({
      code: "invalid-argument",
    });
    for (const file of await readdir(join(root, "base"))) await cp(join(root, "base", file), path(file));
    const warnings: string[] = [];
    await using checkpoint = await openModelCheckpoint(path(""), {
      logger: { warn: (message) => void warnings.push(message) },
    });
    expect(checkpoint.adapter).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining("the adapter is not applied")]);
  });
});

function expectClose(actual: Float32Array, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length);
  const worst = actual.reduce((most, value, index) => Math.max(most, Math.abs(value - expected[index]!)), 0);
  expect(worst).toBeLessThan(2e-6);
}
