import { readFile, truncate } from "node:fs/promises";
import { silentLogger, VisionError, type VisionErrorCode } from "@ocellus/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LoadModelOptions } from "../engine-options.ts";
import { loadModel } from "../load-model.ts";
import { openEngine } from "../runtime/open-engine.ts";
import { remainingWorkers, startedWorkers } from "./live-workers.ts";
import { copyCheckpoint, type ScratchCheckpoint } from "./scratch-checkpoint.ts";

let scratch: ScratchCheckpoint;

afterEach(() => scratch?.delete());

/** Expects a typed failure with the code and all the texts in its message. */
async function expectFailure(
  loading: Promise<{ close(): Promise<void> }>,
  code: VisionErrorCode,
  texts: readonly (string | RegExp)[],
): Promise<void> {
  const error = await loading.then(
    async (opened) => {
      await opened.close();
      return undefined;
    },
    (thrown: unknown) => thrown,
  );
  if (!VisionError.isInstance(error)) throw new Error(`expected a VisionError, got ${String(error)}`);
  expect(error.code, error.message).toBe(code);
  for (const text of texts) expect(error.message).toMatch(text);
}

/** Loads as a user does, and expects that no thread is left behind the failure. */
async function expectLoadFailure(code: VisionErrorCode, texts: readonly (string | RegExp)[], options: object = {}) {
  const { folder, cacheFolder } = scratch;
  const all = { precision: "float32", cacheFolder, ...options } as LoadModelOptions;
  await expectFailure(loadModel(folder, all), code, texts);
  expect(await remainingWorkers()).toBe(0);
}

/** Opens the engine without its thread, which takes a tenth of the time. */
async function expectOpenFailure(texts: readonly (string | RegExp)[]) {
  const { folder, cacheFolder } = scratch;
  const { signal } = new AbortController();
  const context = { signal, onProgress: () => undefined, logger: silentLogger };
  await expectFailure(openEngine(folder, { precision: "float32", cacheFolder }, context), "model-load", texts);
}

describe("a checkpoint with one file", () => {
  beforeEach(async () => {
    scratch = await copyCheckpoint();
  });

  test("missing folder", async () => {
    await scratch.delete();
    const before = startedWorkers();
    await expectLoadFailure("model-load", [/does not exist/, scratch.folder]);
    expect(startedWorkers(), "the count below would see a thread that was left").toBe(before + 1);
  });

  test("a model of the Hub that is not in the cache, offline; its options reach the thread", async () => {
    const { cacheFolder } = scratch;
    scratch = { ...scratch, folder: "acme/tiny" };
    const hub = { cacheDir: cacheFolder, offline: true };
    await expectLoadFailure("model-load", [/acme\/tiny \(revision v2\) is not in the cache/], { hub, revision: "v2" });
  });

  test("a file instead of a folder", async () => {
    scratch = { ...scratch, folder: scratch.path("config.json") };
    await expectOpenFailure([/is a file. Pass the folder/]);
    scratch = { ...scratch, folder: scratch.path("..") };
  });

  test("no config.json", async () => {
    await scratch.remove("config.json");
    await expectOpenFailure([/config\.json/]);
  });

  test("broken JSON in every JSON file that is read", async () => {
    for (const file of ["config.json", "generation_config.json", "preprocessor_config.json", "tokenizer.json"]) {
      const before = await readFile(scratch.path(file));
      await scratch.write(file, before.subarray(0, before.length / 2));
      await expectOpenFailure([file, /JSON/]);
      await scratch.write(file, before);
    }
  });

  test("JSON files that hold something else than an object", async () => {
    for (const file of ["config.json", "generation_config.json", "preprocessor_config.json", "tokenizer.json"]) {
      const before = await readFile(scratch.path(file));
      await scratch.write(file, file.startsWith("gen") ? "null" : "[]");
      await expectOpenFailure([file]);
      await scratch.write(file, before);
    }
  });

  test("a truncated weight file", async () => {
    await truncate(scratch.path("model.safetensors"), 500_000);
    await expectLoadFailure("model-load", ["model.safetensors", /truncated/, /Download it again/]);
  });

  test("a header that lies about offsets", async () => {
    await scratch.editHeader("model.safetensors", (header) => {
      const tensor = header["model.norm.weight"] as { data_offsets: number[] };
      tensor.data_offsets = tensor.data_offsets.map((offset) => offset + 4);
    });
    await expectOpenFailure(["model.safetensors"]);
  });

  test("a header longer than the file", async () => {
    await scratch.write("model.safetensors", Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x7b]));
    await expectOpenFailure(["model.safetensors", /header of \d+ bytes/]);
  });

  test("an unsupported model_type names the supported ones", async () => {
    await scratch.edit("config.json", (config) => ({ ...(config as object), model_type: "llama" }));
    await expectOpenFailure([/config\.json: model_type "llama" is not supported/, /qwen2_5_vl/]);
  });

  test("a missing configuration key is named", async () => {
    await scratch.edit("config.json", ({ intermediate_size: _, ...config }) => config);
    await expectOpenFailure(["config.json", "intermediate_size"]);
  });

  test("no tokenizer", async () => {
    await scratch.remove("tokenizer.json");
    await expectOpenFailure(["tokenizer.json", /Download|write it/]);
  });

  test("a tokenizer whose parts are not there", async () => {
    await scratch.edit("tokenizer.json", (tokenizer) => ({ ...(tokenizer as object), model: {} }));
    await expectLoadFailure("model-load", [/tokenizer|could not be loaded/]);
    await scratch.write("tokenizer.json", "{}");
    await expectLoadFailure("model-load", [/tokenizer|could not be loaded/]);
  });

  test("a tokenizer without the image token", async () => {
    await scratch.edit("config.json", (config) => ({ ...(config as object), image_token_id: 671_000 }));
    await expectOpenFailure(["671000", "image_token_id", scratch.folder]);
  });

  test("no chat template", async () => {
    await scratch.remove("chat_template.json");
    await expectOpenFailure([/no chat template/, /chat_template\.jinja/]);
  });

  test("a chat template that is no Jinja", async () => {
    await scratch.write("chat_template.json", JSON.stringify({ chat_template: "{% for %}" }));
    await expectOpenFailure([/chat.template/i]);
  });

  test("no preprocessor configuration", async () => {
    await scratch.remove("preprocessor_config.json");
    await expectOpenFailure(["preprocessor_config.json", "processor_config.json"]);
  });

  test("sizes in config.json that the weights do not have", async () => {
    await scratch.edit("config.json", (config) => ({ ...(config as object), intermediate_size: 112 }));
    await expectOpenFailure([/mlp\.gate_proj\.weight/, /\[96, 64\]/, /\[112, 64\]/]);
  });

  test("more layers in config.json than in the weights", async () => {
    await scratch.edit("config.json", (config) => ({ ...(config as object), num_hidden_layers: 4 }));
    await expectOpenFailure([/layers\.3\..*missing/, scratch.folder]);
  });

  test("a missing tensor", async () => {
    await scratch.editHeader("model.safetensors", ({ "model.norm.weight": norm, ...others }) => {
      // The bytes stay, so the header keeps a tensor of another name for them.
      return { ...others, unused: norm };
    });
    await expectOpenFailure([/language_model\.norm\.weight.*missing/, scratch.folder]);
  });

  test("weights of an integer dtype", async () => {
    await scratch.editHeader("model.safetensors", (header) => {
      (header["model.norm.weight"] as { dtype: string }).dtype = "I32";
    });
    await expectOpenFailure([/norm\.weight.*I32/, /F32, F16 or BF16/]);
  });

  test.each([
    [{ precision: "int5" }, [/options\.precision "int5"/, /Did you mean "int/]],
    [{ precision: 4 }, [/options\.precision 4/, /auto, float32, int8, int4/]],
    [{ blockSize: 48 }, [/options\.blockSize/, /32, 64, 128/, /48/]],
    [{ cachFolder: "x" }, [/options\.cachFolder/, /Did you mean "cacheFolder"/]],
    [{ cacheFolder: "" }, [/options\.cacheFolder/]],
    [{ threads: 0 }, [/options\.threads/, /got 0/]],
    [{ threads: 1.5 }, [/options\.threads/, /1\.5/]],
    [{ minPixels: -1 }, [/options\.minPixels/, /-1/]],
    [{ maxPixels: Number.NaN }, [/options\.maxPixels/, /NaN/]],
    [{ minPixels: 100_000, maxPixels: 50_000 }, [/minPixels \(100000\).*maxPixels \(50000\)/]],
    [{ task: "vqq" }, [/options\.task "vqq"/, /Did you mean "vqa"/]],
    [{ coordinateSpace: "relative-1023" }, [/options\.coordinateSpace/, /Did you mean "relative-1024"/]],
    [{ allowPrivateAddresses: "yes" }, [/options\.allowPrivateAddresses/]],
    [{ signal: {} }, [/options\.signal/, /AbortSignal/]],
    [{ onProgress: 3 }, [/options\.onProgress/, /function/]],
    [{ logger: { warn: () => undefined } }, [/options\.logger/, /debug, info, warn and error/]],
  ])("wrong option %j", async (options, texts) => {
    const before = startedWorkers();
    await expectLoadFailure("invalid-argument", texts, options);
    expect(startedWorkers(), "found before a thread was started").toBe(before);
  });

  test("minPixels above the checkpoint's own maximum is refused with both numbers", async () => {
    await expectLoadFailure("invalid-argument", [/100000/, /7840/], { minPixels: 100_000 });
  });

  test("a cache folder that is a file is named with its remedy", async () => {
    await expectLoadFailure("model-load", [/config\.json/, /cache/i], { cacheFolder: scratch.path("config.json") });
  });

  test("no path at all", async () => {
    for (const path of [undefined, null, "", 7]) {
      await expect(loadModel(path as never)).rejects.toMatchObject({ code: "invalid-argument" });
    }
  });
});

describe("a checkpoint in shards", () => {
  beforeEach(async () => {
    scratch = await copyCheckpoint("qwen2_5_vl-bf16-sharded");
  });

  test("a shard is missing", async () => {
    await scratch.remove("model-00002-of-00003.safetensors");
    await expectOpenFailure(["model-00002-of-00003.safetensors", /1 of 3/, /Download/]);
  });

  test("the index is broken", async () => {
    await scratch.write("model.safetensors.index.json", '{"weight_map": {');
    await expectOpenFailure(["model.safetensors.index.json"]);
  });

  test("a shard is truncated", async () => {
    await truncate(scratch.path("model-00003-of-00003.safetensors"), 100_000);
    await expectLoadFailure("model-load", ["model-00003-of-00003.safetensors", /truncated/]);
  });

  test("ocellus.json with an unknown key or task", async () => {
    await scratch.write("ocellus.json", JSON.stringify({ tasks: "vqa" }));
    await expectOpenFailure(["ocellus.json", "tasks"]);
    await scratch.write("ocellus.json", JSON.stringify({ task: "vqqa" }));
    await expectOpenFailure(["ocellus.json", "task"]);
  });
});
