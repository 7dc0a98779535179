import { copyFile, cp, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Checkpoint, openCheckpoint } from "@ocellus/hub";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { qwen25VlNames } from "../../families/qwen2-5-vl/weight-names.ts";
import { familyOf } from "../../families/registry.ts";
import { readGoldenCheckpoint } from "../../golden/golden-checkpoint.ts";
import { fixturesFolder } from "../../golden/scratch-checkpoint.ts";
import { writeOnnxModel } from "../../onnx/write-onnx-model.ts";
import { dequantizeBlockWise } from "../../quantize/dequantize.ts";
import { Decoder } from "../../runtime/decoder.ts";
import { embedTokens } from "../../runtime/embed-prompt.ts";
import { openSession } from "../../runtime/onnx-session.ts";
import { openModelCheckpoint } from "../model-checkpoint.ts";
import { type Precision, precisionPlan } from "../precision.ts";
import { readTensorSync } from "../stored-weight.ts";
import { createWeightSource } from "../weight-source.ts";

const base = `${fixturesFolder}checkpoints/qwen2_5_vl`;
const layer = "model.language_model.layers.0";
const golden = readGoldenCheckpoint("qwen2_5_vl");
const text = golden.cases.find(({ id }) => id === "text")!;

/** Methods, the size of blocks that they are repacked into without loss, and whether those have zero points. */
const methods: readonly (readonly [method: string, blockSize: number | undefined, zeros: boolean])[] = [
  ["bnb-nf4", undefined, false],
  ["bnb-nf4-double", undefined, false],
  ["bnb-fp4-double", undefined, false],
  ["bnb-int8", 128, false],
  ["awq", 32, true],
  ["gptq-4", 32, true],
  ["gptq-4-order", undefined, false],
  ["gptq-8-v2", 32, true],
  ["gptq-3", undefined, false],
  ["ct-int4", 32, false],
  ["ct-int4-asymmetric", 32, true],
  ["ct-int8-packed-channel", 128, false],
  ["ct-int8", 128, false],
  ["ct-fp8", undefined, false],
  ["ct-nvfp4", undefined, false],
  ["ct-mxfp4", undefined, false],
  ["fp8-block", undefined, false],
  ["fp8-tensor", undefined, false],
  ["fp8-row", undefined, false],
];

let root: string;
let expected: Checkpoint;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "ocellus-quantised-"));
  expected = await openCheckpoint(`${fixturesFolder}quantised`, { weightsFile: "expected.safetensors" });
});

afterAll(async () => {
  await expected.close();
  await rm(root, { recursive: true, force: true });
});

/** The golden checkpoint with its first layer in a quantised layout, in two shards as published ones. */
async function assemble(method: string): Promise<string> {
  const folder = join(root, method);
  const files = await readdir(base);
  await cp(base, folder, {
    recursive: true,
    filter: (source) =>
      source === base || (files.some((file) => source.endsWith(`/${file}`)) && !/expected|lora-|model\.s/.test(source)),
  });
  await copyFile(`${fixturesFolder}quantised/${method}/layer.safetensors`, join(folder, "quantised.safetensors"));
  await using layer = await openCheckpoint(folder, { weightsFile: "quantised.safetensors" });
  const replaced = new Set([...layer.tensors.keys()].map((name) => name.replace(/(_proj)\..*$/, "$1.weight")));
  await using plain = await openCheckpoint(base);
  const kept = [...plain.tensors.values()].filter(({ name }) => !replaced.has(name));
  let end = 0;
  const header = kept.map(({ name, dtype, shape, byteLength }) => {
    end += byteLength;
    return [name, { dtype, shape, data_offsets: [end - byteLength, end] }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = await open(join(folder, "plain.safetensors"), "w");
  await file.writev([length, json, ...(await Promise.all(kept.map((tensor) => plain.readTensor(tensor))))]);
  await file.close();
  const places = [
    kept.map(({ name }) => [name, "plain.safetensors"]),
    [...layer.tensors.keys()].map((name) => [name, "quantised.safetensors"]),
  ];
  await writeFile(
    join(folder, "model.safetensors.index.json"),
    JSON.stringify({ weight_map: Object.fromEntries(places.flat()) }),
  );
  const config = JSON.parse(await readFile(join(base, "config.json"), "utf8"));
  const quantization_config = JSON.parse(
    await readFile(`${fixturesFolder}quantised/${method}/quantization_config.json`, "utf8"),
  );
  await writeFile(join(folder, "config.json"), JSON.stringify({ ...config, quantization_config }));
  return folder;
}

describe.each(methods)("%s", (method, blockSize, zeros) => {
  let folder: string;

  beforeAll(async () => {
    folder = await assemble(method);
  });

  const valuesOf = (name: string): Float32Array => readTensorSync(expected, expected.tensors.get(`${method}/${name}`)!);

  test("values are those of the library, as a whole, by rows and in blocks", async () => {
    await using checkpoint = await openModelCheckpoint(folder);
    const weights = createWeightSource(checkpoint, qwen25VlNames);
    for (const name of ["self_attn.k_proj", "mlp.down_proj"]) {
      const values = valuesOf(name);
      const weight = `${layer}.${name}.weight`;
      const [, inputs] = weights.shape(weight) as [number, number];
      expect(worst(await weights.read(weight), values)).toBeLessThan(1e-6);
      const row = new Float32Array(inputs);
      weights.readRowSync(weight, 5, row);
      expect(worst(row, values.subarray(5 * inputs, 6 * inputs))).toBeLessThan(1e-6);

      const blocks = weights.blocks(weight);
      expect(blocks?.blockSize).toBe(blockSize);
      if (blocks === undefined) continue;
      expect(blocks.hasZeroPoints).toBe(zeros);
      if (zeros) continue;
      for await (const { packed, scales } of blocks.rows()) {
        const format = { inputs, bits: blocks.bits, blockSize: blocks.blockSize };
        expect(worst(dequantizeBlockWise({ packed, scales }, format), values)).toBeLessThan(1e-6);
      }
    }
  });

  // In int8 the blocks are taken as they are stored; wrong zero points or scales would change the logits altogether.
  test.each<readonly [Precision, number]>([
    ["float32", 1e-3],
    ...(blockSize === undefined ? [] : [["int8", 0.1] as const]),
  ])("logits in %s", async (precision, bound) => {
    await using checkpoint = await openModelCheckpoint(folder);
    const model = await familyOf(await checkpoint.readJson("config.json")).open(checkpoint, {});
    await writeOnnxModel(model.graphs(precisionPlan(precision).formats).decoder, { folder, name: "decoder" });
    const session = await openSession(join(folder, "decoder.onnx"), { threads: 1 });
    const ids = text.input_ids;
    const positions = model.positions(ids.length, []).ids;
    const logits = await new Decoder({ decoder: session }, model).append(
      embedTokens(model, ids),
      positions,
      async () => undefined,
    );
    await session.release();
    const wanted = valuesOf("logits");
    const difference = wanted.map((value, index) => value - logits[index]!);
    expect(Math.hypot(...difference) / Math.hypot(...wanted)).toBeLessThan(bound);
  });
});

describe("what cannot be read is named", () => {
  const refusal = async (config: object, files: Readonly<Record<string, string>> = {}): Promise<string> => {
    const folder = await mkdtemp(join(root, "refused-"));
    await cp(join(root, "gptq-4"), folder, { recursive: true });
    const json = JSON.parse(await readFile(join(base, "config.json"), "utf8"));
    await writeFile(join(folder, "config.json"), JSON.stringify({ ...json, ...config }));
    for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), content);
    await using checkpoint = await openModelCheckpoint(folder);
    try {
      createWeightSource(checkpoint, qwen25VlNames);
    } catch (error) {
      expect(error).toMatchObject({ code: "model-load" });
      return (error as Error).message;
    }
    return "";
  };

  test("methods, layouts, values and shapes", async () => {
    const stated = (settings: object) => refusal({ quantization_config: settings });
    expect(await stated({ quant_method: "hqq" })).toMatch(
      /config\.json: weights quantised by "hqq".*supported are .*gptq/,
    );
    expect(await stated({ quant_method: "awq", version: "gemv" })).toMatch(/layout "gemv" of "awq"/);
    expect(await stated({ quant_method: "gptq", checkpoint_format: "marlin" })).toMatch(/layout "marlin" of "gptq"/);
    expect(await stated({ quant_method: "gptq", bits: "four" })).toMatch(/quantization_config: bits/);
    const own = { "quantize_config.json": JSON.stringify({ quant_method: "aqlm" }) };
    expect(await refusal({}, own)).toMatch(/quantize_config\.json: weights quantised by "aqlm"/);
    expect(await refusal({}, { "quantize_config.json": "{" })).toMatch(/quantize_config\.json/);
    // Bits, groups and order are visible in the tensors.
    expect(await refusal({})).toBe("");
    const index = await readFile(join(root, "gptq-4", "model.safetensors.index.json"), "utf8");
    const shard = await readFile(join(root, "gptq-4", "quantised.safetensors"), "latin1");
    const lacks = async (file: string, change: (shard: string) => string): Promise<void> =>
      writeFile(join(root, "gptq-4", file), change(shard), "latin1");
    await lacks("quantised.safetensors", (bytes) => bytes.replace("q_proj.qzeros", "q_proj.qnones"));
    await writeFile(
      join(root, "gptq-4", "model.safetensors.index.json"),
      index.replace("q_proj.qzeros", "q_proj.qnones"),
    );
    expect(await refusal({})).toMatch(/module ".*q_proj".*qzeros" is missing/);
  });
});

function worst(actual: Float32Array, values: Float32Array): number {
  expect(actual.length).toBe(values.length);
  return actual.reduce((most, value, index) => Math.max(most, Math.abs(value - values[index]!)), 0);
}
