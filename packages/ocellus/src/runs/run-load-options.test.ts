import type { OpenedRun, RunSettings } from "@ocellus/datature";
import type { LoadModelOptions } from "@ocellus/engine";
import { expect, test } from "vitest";
import { runLoadOptions } from "./run-load-options.ts";

const settings: RunSettings = {
  name: "My flow",
  task: "vqa",
  systemPrompt: null,
  systemPrompts: {},
  generationConfig: { maxNewTokens: 160 },
  coordinateSpace: "relative-1024",
  architecture: { name: "qwen25vl", size: "tiny" },
  quantization: { enabled: false, type: "nf4" },
  precisionType: "bfloat16",
};
const run = (more: Partial<RunSettings> | null = {}, adapterFolder: string | null = null): OpenedRun => ({
  runId: "r",
  checkpoint: null,
  modelFolder: "/runs/r/model_full",
  adapterFolder,
  settings: more === null ? null : { ...settings, ...more },
});
const quantized = { quantization: { enabled: true, type: "nf4" } };

// fixtures of the Vi SDK: dtype comes only from run.json, and 4 bits only when it says quantization.enabled.
test.each<[Partial<RunSettings>, LoadModelOptions, object]>([
  [{}, {}, { dtype: "bfloat16" }],
  [{ precisionType: "float32" }, {}, { dtype: "float32" }],
  [{ precisionType: "fp8" }, {}, {}],
  [quantized, {}, { loadIn4bit: true }],
  [quantized, { precision: "auto" }, { precision: "auto", loadIn4bit: true }],
  [quantized, { precision: "int8" }, { precision: "int8" }],
  [quantized, { dtype: "float32" }, { dtype: "float32" }],
  [{ precisionType: "float32" }, { loadIn8bit: true }, { loadIn8bit: true }],
])("precision of %j with %j", (more, options, expected) => {
  const { metadata: _, ...loaded } = runLoadOptions(run(more), options);
  expect(loaded).toEqual(expected);
});

test("what the caller says counts more than the run, key by key", () => {
  const { metadata } = runLoadOptions(run({}, "/runs/r/model_adapter"), { metadata: { coordinateSpace: "unit" } });
  expect(metadata).toEqual({
    name: "My flow",
    task: "vqa",
    systemPrompts: {},
    generationConfig: { maxNewTokens: 160 },
    coordinateSpace: "unit",
  });
  expect(runLoadOptions(run({}, "/a"), {}).adapter).toBe("/a");
  expect(runLoadOptions(run({}, "/a"), { adapter: "/mine" }).adapter).toBe("/mine");
  expect(runLoadOptions(run({ task: null }), { task: "generic" }).metadata?.task).toBe("generic");
  expect(() => runLoadOptions(run({ task: null }), {})).toThrow("/runs/r/model_full/run.json");
  expect(runLoadOptions(run(null, "/a"), { threads: 1 })).toEqual({ adapter: "/a", threads: 1 });
});
