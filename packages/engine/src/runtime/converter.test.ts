import { existsSync } from "node:fs";
import { mkdtemp, open, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AbortedError, ModelLoadError } from "@ocellus/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openModelCheckpoint } from "../checkpoint/model-checkpoint.ts";
import { precisionPlan } from "../checkpoint/precision.ts";
import { openFamily } from "../families/open-family.ts";
import { remainingWorkers, startedWorkers } from "../golden/live-workers.ts";
import { copyCheckpoint, fixturesFolder, type ScratchCheckpoint } from "../golden/scratch-checkpoint.ts";
import type { OnnxGraph } from "../onnx/onnx-graph.ts";
import { type WriteModelsOptions, type WrittenFile, writeModels } from "../onnx/write-onnx-model.ts";
import { startConverter, startConverters } from "./converter.ts";
import { planGraphs } from "./plan-graphs.ts";

const plan = precisionPlan({ decode: "int4", prefill: "int8" });

let folder: string;
let scratch: ScratchCheckpoint | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-converter-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
  await scratch?.delete();
  scratch = undefined;
  expect(await remainingWorkers()).toBe(0);
});

/** Converts a checkpoint in this thread, or in two others. */
async function convert(
  { checkpoint, adapter, threads }: { checkpoint: string; adapter?: string; threads: boolean },
  options: Partial<WriteModelsOptions> = {},
): Promise<readonly WrittenFile[]> {
  const opened = await openModelCheckpoint(checkpoint, { adapter });
  const start = { folder: checkpoint, adapter, options: {}, plan };
  const writers = threads ? [startConverter(start), startConverter(start)] : undefined;
  try {
    const graphs = { ...planGraphs(await openFamily(opened, {}), plan) };
    return await writeModels(graphs, { folder, writers, ...options });
  } finally {
    await Promise.all(writers?.map((writer) => writer.close()) ?? []);
    await opened.close();
  }
}

test.each([undefined, "lora-patterns"])("threads write what one thread writes, adapter %s", async (name) => {
  const checkpoint = join(fixturesFolder, "checkpoints/qwen2_5_vl");
  const adapter = name === undefined ? {} : { adapter: join(checkpoint, name) };
  const contents = async (): Promise<Record<string, string>> => {
    const files = await readdir(folder);
    const all = files.map(async (file) => [file, (await readFile(join(folder, file))).toString("base64")] as const);
    return Object.fromEntries(await Promise.all(all));
  };
  const expected = await convert({ checkpoint, ...adapter, threads: false });
  const bytes = await contents();
  await rm(join(folder, "decoder.data"));
  let last = 0;
  const before = startedWorkers();
  const written = await convert(
    { checkpoint, ...adapter, threads: true },
    { onProgress: (progress) => (last = progress.writtenBytes / progress.totalBytes) },
  );
  expect(startedWorkers()).toBe(before + 2);
  expect(written).toEqual(expected);
  expect(await contents()).toEqual(bytes);
  expect(last).toBe(1);
});

test("an error of a weight comes out as it is", async () => {
  scratch = await copyCheckpoint("qwen2_5_vl-bf16-sharded");
  const checkpoint = scratch.folder;
  // Every number of a shard becomes NaN.
  const shard = await open(scratch.path("model-00002-of-00003.safetensors"), "r+");
  const { size } = await shard.stat();
  await shard.write(Buffer.alloc(size - 20_000, 0xff), 0, size - 20_000, 20_000);
  await shard.close();
  const converted = convert({ checkpoint, threads: true });
  await expect(converted).rejects.toThrow(ModelLoadError);
  await expect(converted).rejects.toThrow(/not finite/);
});

test("a checkpoint that a thread cannot open is an error of the first piece", async () => {
  const writer = startConverter({ folder: join(folder, "none"), options: {}, plan });
  const piece = { graph: "decoder", first: 0, end: 1, offset: 0, byteLength: 1 };
  await expect(writer.write(piece, { folder, onWritten: () => undefined })).rejects.toThrow(/does not exist/);
  await writer.close();
  await expect(writer.write(piece, { folder, onWritten: () => undefined })).rejects.toThrow(ModelLoadError);
});

test.skipIf(!existsSync("/dev/full"))("a full disk keeps its code", async () => {
  await symlink("/dev/full", join(folder, "decoder.data"));
  const converted = convert({ checkpoint: join(fixturesFolder, "checkpoints/qwen2_5_vl"), threads: true });
  await expect(converted).rejects.toMatchObject({ code: "ENOSPC" });
});

test("an abort ends all threads with its reason", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const converted = convert(
    { checkpoint: join(fixturesFolder, "checkpoints/qwen2_5_vl"), threads: true },
    { signal: controller.signal, onProgress: () => controller.abort(reason) },
  );
  await expect(converted).rejects.toThrow(AbortedError);
  await expect(converted).rejects.toMatchObject({ cause: reason });
});

test("threads are started only where there is work for two", async () => {
  const graphOf = (size: number): Record<string, OnnxGraph> => {
    const content = { type: "uint8", dims: [size], chunks: () => expect.unreachable() } as const;
    const weights = [{ name: "w", byteLength: size, content }];
    return { decoder: { inputs: [], outputs: [], nodes: [], constants: [], weights } };
  };
  const start = { folder: "/nowhere", options: {}, plan };
  expect(startConverters(graphOf(2 ** 20), start, 8)).toBeUndefined();
  expect(startConverters(graphOf(2 ** 30), start, 1)).toBeUndefined();
  // A matrix that large leaves no memory for two.
  expect(startConverters(graphOf(2 ** 45), start, 8)).toBeUndefined();
});
