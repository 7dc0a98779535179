import { InvalidArgumentError } from "@ocellus/core";
import { describe, expect, test } from "vitest";
import { checkLoadOptions } from "./check-load-options.ts";
import type { LoadModelOptions } from "./engine-options.ts";

describe("loading options of the Vi SDK", () => {
  test.each<[LoadModelOptions, string | undefined]>([
    [{}, undefined],
    [{ loadIn8bit: true }, "int8"],
    [{ loadIn4bit: true }, "int4"],
    [{ loadIn8bit: false, loadIn4bit: true, precision: "auto" }, "int4"],
    [{ loadIn8bit: false, loadIn4bit: false }, undefined],
    [{ loadIn8bit: true, precision: "int8" }, "int8"],
    [{ dtype: "float32" }, "float32"],
    [{ dtype: "float32", precision: "int4" }, "int4"],
    [{ dtype: "auto" }, undefined],
    [{ dtype: "float16" }, undefined],
    [{ dtype: "bfloat16", precision: "float32" }, "float32"],
    // The documented recipes give a dtype for what is not quantised beside the bits.
    [{ dtype: "float32", loadIn4bit: true }, "int4"],
    [{ deviceMap: "auto", attnImplementation: "sdpa", lowCpuMemUsage: true, dtype: "bfloat16" }, undefined],
    [{ deviceMap: "cpu", attnImplementation: "eager", lowCpuMemUsage: false }, undefined],
    [{ deviceMap: { "": "cpu" } }, undefined],
  ])("%j gives the precision %s", (options, precision) => {
    const { engine } = checkLoadOptions(options);
    expect(engine.precision === "auto" ? undefined : engine.precision).toBe(precision);
    // Nothing else crosses to the worker.
    expect(Object.keys(engine).filter((key) => key !== "precision")).toEqual([]);
  });

  test.each<[unknown, string]>([
    [{ loadIn8bit: true, loadIn4bit: true }, "options.loadIn8bit and options.loadIn4bit contradict each other"],
    [{ loadIn4bit: true, precision: "int8" }, 'options.loadIn4bit means precision "int4"'],
    [{ loadIn8bit: true, precision: "float32" }, 'but options.precision is "float32"'],
    [{ loadIn8bit: 1 }, "options.loadIn8bit must be true or false; got 1."],
    [{ loadIn4bit: "yes" }, "options.loadIn4bit must be true or false"],
    [{ lowCpuMemUsage: "yes" }, "options.lowCpuMemUsage must be true or false"],
    [{ dtype: "float8" }, 'options.dtype "float8" is not known. Did you mean'],
    [{ dtype: 16 }, "options.dtype 16 is not known. Known: auto, float32"],
    [{ deviceMap: "cuda" }, 'options.deviceMap: the device "cuda" is not available'],
    [{ deviceMap: "cuda:0" }, 'the device "cuda:0" is not available'],
    [{ deviceMap: { vision: "cpu", language: 0 } }, "the device 0 is not available"],
    [{ deviceMap: ["cpu"] }, "is not available"],
    [{ attnImplementation: "flash_attention_2" }, "needs a CUDA device"],
    [{ attnImplementation: "fast" }, 'options.attnImplementation "fast" is not known. Use "sdpa" or "eager"'],
    [{ load_in_8bit: true }, 'Did you mean "loadIn8bit"?'],
    [{ torchDtype: "float32" }, "options.torchDtype is not known"],
    [{ revision: "../x" }, "options.revision must be a branch"],
    [{ hub: { cachedir: "x" } }, 'options.hub.cachedir is not known. Did you mean "cacheDir"?'],
    [
      { speculation: "prompt_lookup" },
      'options.speculation "prompt_lookup" is not known. Did you mean "prompt-lookup"?',
    ],
    [{ speculation: true }, "options.speculation true is not known. Known: none, prompt-lookup."],
    [{ hub: { token: 5 } }, "options.hub.token must be a token or false"],
  ])("%j is refused", (options, message) => {
    expect(() => checkLoadOptions(options as LoadModelOptions)).toThrow(InvalidArgumentError);
    expect(() => checkLoadOptions(options as LoadModelOptions)).toThrow(message);
  });
});
