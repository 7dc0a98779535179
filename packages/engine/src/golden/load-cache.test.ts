import { execFile } from "node:child_process";
import { readdir, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { AbortedError, type Logger, type ProgressEvent, silentLogger, unwrap } from "@ocellus/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LoadModelOptions } from "../engine-options.ts";
import { loadModel } from "../load-model.ts";
import { readGoldenCheckpoint } from "./golden-checkpoint.ts";
import { remainingWorkers } from "./live-workers.ts";
import { copyCheckpoint, fixturesFolder, flipByte, type ScratchCheckpoint } from "./scratch-checkpoint.ts";

const golden = readGoldenCheckpoint("qwen2_5_vl");
const expectedIds = golden.cases.find(({ id }) => id === "one-image")!.greedy.ids;

let scratch: ScratchCheckpoint;

beforeEach(async () => {
  scratch = await copyCheckpoint();
});

afterEach(async () => {
  await scratch.delete();
  expect(await remainingWorkers()).toBe(0);
});

/** Loads, asks the recorded question, closes. Returns the tokens. */
async function ask(options: LoadModelOptions = {}): Promise<readonly number[]> {
  const defaults: LoadModelOptions = { precision: "float32", cacheFolder: scratch.cacheFolder, logger: silentLogger };
  await using model = await loadModel(scratch.folder, { ...defaults, ...options });
  const answered = await model({
    source: `${fixturesFolder}images/photo.png`,
    userPrompt: "What is in this image?",
    generationConfig: { maxNewTokens: 24, minNewTokens: 24, repetitionPenalty: 1 },
  });
  return unwrap(answered).tokenIds;
}

/** Names of the cache entries; anything else in the folder would be a leftover. */
async function entries(): Promise<readonly string[]> {
  return (await readdir(join(scratch.cacheFolder, "graphs")).catch(() => [])).sort();
}

/** Inode and change time of every file of an entry. */
async function state(entry: string): Promise<readonly string[]> {
  const folder = join(scratch.cacheFolder, "graphs", entry);
  const files = (await readdir(folder)).filter((file) => file !== "manifest.json").sort();
  return Promise.all(
    files.map(async (file) => {
      const { ino, mtimeNs } = await stat(join(folder, file), { bigint: true });
      return `${file} ${ino} ${mtimeNs}`;
    }),
  );
}

describe("the cache of converted weights", () => {
  test("a second load takes the graphs as they are", async () => {
    expect(await ask()).toEqual(expectedIds);
    const [entry, ...others] = await entries();
    expect(others).toEqual([]);
    const before = await state(entry!);
    const steps: string[] = [];
    expect(await ask({ onProgress: (event) => event.kind === "load" && steps.push(event.step) })).toEqual(expectedIds);
    expect(await state(entry!)).toEqual(before);
    expect(await entries()).toEqual([entry]);
    expect(steps).not.toContain("Converting the weights");
  });

  test("every damage is found and mended, and what was mended is trusted", async () => {
    await ask();
    const [entry] = await entries();
    const path = (file: string): string => join(scratch.cacheFolder, "graphs", entry!, file);
    const damages: Readonly<Record<string, () => Promise<unknown>>> = {
      "a flipped byte in decoder.data": () => flipByte(path("decoder.data"), 1000),
      "a flipped byte in vision.onnx": () => flipByte(path("vision.onnx"), -20),
      "a truncated vision.data": () => truncate(path("vision.data"), 999),
      "a missing vision.onnx": () => rm(path("vision.onnx")),
      "a missing manifest": () => rm(path("manifest.json")),
    };
    for (const [name, damage] of Object.entries(damages)) {
      await damage();
      const warnings: string[] = [];
      const logger: Logger = { ...silentLogger, warn: (message) => warnings.push(message) };
      expect(await ask({ logger }), name).toEqual(expectedIds);
      expect(warnings.join(), name).toMatch(/damaged.*written again/);
      expect(await entries(), name).toEqual([entry]);
    }
    const before = await state(entry!);
    expect(await ask()).toEqual(expectedIds);
    expect(await state(entry!)).toEqual(before);
  });

  test("other weights, another configuration, precision or block size have entries of their own", async () => {
    await ask();
    await ask({ precision: "int8" });
    await ask({ precision: "int4", blockSize: 32 });
    await ask({ precision: "int4", blockSize: 64 });
    expect((await entries()).length).toBe(4);
    // The sign of one weight of the output head.
    await scratch.flipByte("model.safetensors", -1);
    await ask();
    expect((await entries()).length).toBe(5);
    await scratch.edit("config.json", (config) => ({ ...(config as object), rms_norm_eps: 1e-5 }));
    expect(await ask()).toHaveLength(24);
    expect((await entries()).length).toBe(6);
  });

  test("an adapter has an entry of its own, given as an option or by its folder", async () => {
    const ids = (name: string) => readGoldenCheckpoint(name).cases.find(({ id }) => id === "one-image")!.greedy.ids;
    expect(await ask({ adapter: scratch.path("lora-patterns") })).toEqual(ids("qwen2_5_vl/lora-patterns"));
    expect((await entries()).length).toBe(1);
    const options = { precision: "float32", cacheFolder: scratch.cacheFolder } as const;
    await using model = await loadModel(scratch.path("lora-patterns"), options);
    expect(model.info).toMatchObject({ family: "qwen2_5_vl", adapter: scratch.path("lora-patterns") });
    expect((await entries()).length).toBe(1);
    expect(await ask()).toEqual(expectedIds);
    expect((await entries()).length).toBe(2);
  });

  test("two processes that load the same checkpoint at once both answer", async () => {
    const program = `
      import { loadModel } from "@ocellus/engine";
      const [folder, cacheFolder, source] = process.argv.slice(1);
      const model = await loadModel(folder, { precision: "float32", cacheFolder, threads: 1 });
      const generationConfig = { maxNewTokens: 24, minNewTokens: 24, repetitionPenalty: 1 };
      const [answer, error] = await model({ source, userPrompt: "What is in this image?", generationConfig });
      if (error) throw error;
      process.stdout.write(JSON.stringify(answer.tokenIds));
      await model.close();`;
    const child = () =>
      promisify(execFile)(
        process.execPath,
        [
          ...["--input-type=module", "-e", program, scratch.folder, scratch.cacheFolder],
          `${fixturesFolder}images/photo.png`,
        ],
        { cwd: import.meta.dirname },
      );
    const outputs = await Promise.all([child(), child()]);
    for (const { stdout } of outputs) expect(JSON.parse(stdout)).toEqual(expectedIds);
    expect((await entries()).length).toBe(1);
  });
});

describe("loading that is aborted", () => {
  const reason = new Error("changed my mind");

  async function expectAborted(promise: Promise<unknown>): Promise<void> {
    const error = await promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(AbortedError.isInstance(error), String(error)).toBe(true);
    expect((error as Error).cause).toBe(reason);
    expect(await remainingWorkers()).toBe(0);
    const left = await entries();
    expect(
      left.filter((name) => !/^qwen2_5_vl-.*float32.*-[0-9a-f]{32}$/.test(name)),
      "temporary entries",
    ).toEqual([]);
  }

  test("before it began", async () => {
    await expectAborted(ask({ signal: AbortSignal.abort(reason) }));
  });

  test("in every step of it", async () => {
    for (const step of ["Reading the checkpoint", "Converting the weights", "Loading the weights"]) {
      const controller = new AbortController();
      const seen: string[] = [];
      const onProgress = (event: ProgressEvent): void => {
        if (event.kind !== "load") return;
        seen.push(event.step);
        if (event.step === step) controller.abort(reason);
      };
      await expectAborted(ask({ signal: controller.signal, onProgress }));
      expect(seen).toContain(step);
    }
    expect(await ask()).toEqual(expectedIds);
  });

  test("at many moments", async () => {
    for (let delayMs = 0; delayMs < 400; delayMs += 60) {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(reason), delayMs);
      const loading = ask({ signal: controller.signal }).catch((error: unknown) => error);
      const result = await loading;
      clearTimeout(timer);
      if (!Array.isArray(result)) expect(AbortedError.isInstance(result), String(result)).toBe(true);
      expect(await remainingWorkers()).toBe(0);
    }
    expect(await ask()).toEqual(expectedIds);
    expect((await entries()).length).toBe(1);
  });

  test("after it has ended changes nothing", async () => {
    const controller = new AbortController();
    const { folder, cacheFolder } = scratch;
    await using model = await loadModel(folder, { precision: "float32", cacheFolder, signal: controller.signal });
    controller.abort(reason);
    const messages = [{ role: "user", content: "Hi" }] as const;
    expect((await model({ messages, generationConfig: { maxNewTokens: 3 } }))[1]).toBeNull();
  });

  test("a listener or a logger that throws does not disturb it", async () => {
    const fail = (): never => {
      throw new Error("a bug of the caller");
    };
    const { signal } = new AbortController();
    expect(await ask({ onProgress: fail, signal })).toEqual(expectedIds);
    const [entry] = await entries();
    await rm(join(scratch.cacheFolder, "graphs", entry!, "vision.onnx"));
    expect(await ask({ logger: { ...silentLogger, warn: fail } })).toEqual(expectedIds);
  });
});
