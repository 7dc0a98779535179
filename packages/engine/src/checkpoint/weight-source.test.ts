import { type Checkpoint, openCheckpoint } from "@ocellus/hub";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { qwen25VlNames } from "../families/qwen2-5-vl/weight-names.ts";
import { copyCheckpoint, type ScratchCheckpoint } from "../golden/scratch-checkpoint.ts";
import { createWeightSource, expectShape } from "./weight-source.ts";

describe.each(["qwen2_5_vl", "qwen2_5_vl-bf16-sharded"])("%s", (name) => {
  let scratch: ScratchCheckpoint;
  let checkpoint: Checkpoint;

  beforeAll(async () => {
    scratch = await copyCheckpoint(name);
    checkpoint = await openCheckpoint(scratch.folder);
  });

  afterAll(async () => {
    await checkpoint.close();
    await scratch.delete();
  });

  const embedding = "model.language_model.embed_tokens.weight";

  test("old and new names end at the same canonical ones", () => {
    const weights = createWeightSource(checkpoint, qwen25VlNames);
    expect(weights.shape(embedding)).toEqual([672, 64]);
    expect(weights.shape("model.visual.patch_embed.proj.weight")).toEqual([32, 3, 2, 14, 14]);
    expect(weights.has("lm_head.weight")).toBe(true);
    expect(weights.has("model.language_model.lm_head.weight")).toBe(false);
  });

  test("single rows and chunks of rows are the values of the whole tensor", async () => {
    const weights = createWeightSource(checkpoint, qwen25VlNames);
    const whole = Float32Array.from(await weights.read(embedding));
    const chunks: number[] = [];
    for await (const rows of weights.rows(embedding)) chunks.push(...rows);
    expect(chunks).toEqual([...whole]);
    const row = new Float32Array(64);
    for (const id of [0, 671, 300, 300]) {
      weights.readRowSync(embedding, id, row);
      expect([...row]).toEqual([...whole.subarray(id * 64, (id + 1) * 64)]);
    }
  });

  test("a missing tensor is named with its folder, and so is one of another shape", async () => {
    const weights = createWeightSource(checkpoint, qwen25VlNames);
    expect(() => weights.shape("model.nothing")).toThrow(/"model\.nothing" is missing in .*checkpoint/);
    await expect(weights.read("model.nothing")).rejects.toMatchObject({ code: "model-load" });
    expect(() => expectShape(weights, embedding, [672, 64])).not.toThrow();
    expect(() => expectShape(weights, embedding, [672, 64, 1])).toThrow(/\[672, 64\].*\[672, 64, 1\]/);
    expect(() => expectShape(weights, embedding, [671, 64])).toThrow(/\[671, 64\]/);
  });

  test("two tensors that would be the same weight are refused", () => {
    const rewrites = [{ from: /^model\.(language_model\.)?layers\.\d\./, to: "model.layers.0." }];
    expect(() => createWeightSource(checkpoint, rewrites)).toThrow(/are the same weight "model\.layers\.0/);
  });

  test("reading stops when it is aborted", async () => {
    const weights = createWeightSource(checkpoint, qwen25VlNames);
    await expect(weights.read(embedding, AbortSignal.abort())).rejects.toMatchObject({ code: "aborted" });
  });
});
