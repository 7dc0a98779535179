import { expect, test } from "vitest";
import type { GenerationConfigInput } from "./generation-config.ts";
import { readCheckpointGenerationConfig } from "./read-checkpoint-generation-config.ts";
import { resolveGenerationConfig } from "./resolve-generation-config.ts";

test("the defaults are those of the contract", () => {
  expect(resolveGenerationConfig(undefined)).toEqual({
    maxNewTokens: 1024,
    minNewTokens: 0,
    doSample: false,
    temperature: 1,
    topP: 1,
    minP: 0,
    topK: 50,
    repetitionPenalty: 1.05,
    seed: 0,
    stopStrings: [],
    noRepeatNgramSize: 0,
    stopTokenIds: [],
  });
});

// The published generation_config.json of Qwen2.5-VL-3B-Instruct.
const qwen = {
  bos_token_id: 151643,
  pad_token_id: 151643,
  do_sample: true,
  eos_token_id: [151645, 151643],
  repetition_penalty: 1.05,
  temperature: 0.000001,
  top_p: 0.001,
  top_k: 1,
  transformers_version: "4.49.0",
};

test("the checkpoint is merged under the caller, its stop ids always count, its sampling switch does not", () => {
  const resolved = resolveGenerationConfig({ topK: 7, maxNewTokens: 32 }, qwen);
  expect(resolved).toMatchObject({ topK: 7, topP: 0.001, maxNewTokens: 32, doSample: false });
  expect(resolved.stopTokenIds).toEqual([151645, 151643]);
  expect(resolveGenerationConfig(undefined, readCheckpointGenerationConfig(qwen))).toEqual(
    resolveGenerationConfig(undefined, qwen),
  );
});

test("bad values of a file are skipped", () => {
  const file = {
    temperature: -1,
    top_p: "0.5",
    max_new_tokens: 0,
    eos_token_id: -1,
    top_k: 20,
    stop_strings: ["", "x"],
  };
  expect(readCheckpointGenerationConfig(file)).toEqual({ topK: 20, stopStrings: ["x"] });
  expect(readCheckpointGenerationConfig(null)).toEqual({});
  expect(readCheckpointGenerationConfig({ min_p: 0.05 })).toEqual({ minP: 0.05 });
  expect(readCheckpointGenerationConfig({ min_p: 1.5 })).toEqual({});
  expect(readCheckpointGenerationConfig({ eos_token_id: 2 })).toEqual({ stopTokenIds: [2] });
});

test.each<[GenerationConfigInput, boolean]>([
  [{}, false],
  [{ doSample: true }, true],
  [{ temperature: 0.7 }, true],
  [{ temperature: 0.7, doSample: false }, false],
  [{ temperature: 0, doSample: true }, false],
  [{ topP: 0.9, seed: 3 }, false],
])("%j samples: %s", (config, doSample) => {
  expect(resolveGenerationConfig(config, { temperature: 0.5 }).doSample).toBe(doSample);
});

test("cot raises the cap unless the caller gave one", () => {
  expect(resolveGenerationConfig({}, {}, { cot: true }).maxNewTokens).toBe(4096);
  expect(resolveGenerationConfig({ maxNewTokens: 100 }, {}, { cot: true }).maxNewTokens).toBe(100);
  expect(resolveGenerationConfig({ maxNewTokens: undefined! }, {}, { cot: true }).maxNewTokens).toBe(4096);
  expect(resolveGenerationConfig({}, { maxNewTokens: 32768 }, { cot: true }).maxNewTokens).toBe(32768);
  expect(resolveGenerationConfig({}, { maxNewTokens: 256 }, { cot: true }).maxNewTokens).toBe(4096);
  expect(resolveGenerationConfig({}, { maxNewTokens: 256 }).maxNewTokens).toBe(256);
});

test("one stop string is a list of one", () => {
  expect(resolveGenerationConfig({ stopStrings: "END" }).stopStrings).toEqual(["END"]);
});

test.each<[unknown, string]>([
  [{ max_new_tokens: 5 }, 'options.generationConfig.max_new_tokens is not known. Did you mean "maxNewTokens"?'],
  [{ fps: 2 }, "options.generationConfig.fps is not known. Known: maxNewTokens"],
  [{ maxTokens: 2 }, 'Did you mean "maxNewTokens"?'],
  [{ maxNewTokens: 0 }, "options.generationConfig.maxNewTokens must be an integer from 1 to 1048576; got 0."],
  [{ maxNewTokens: "5" }, 'got "5"'],
  [{ maxNewTokens: Number.NaN }, "got NaN"],
  [{ temperature: -1 }, "options.generationConfig.temperature must be a number from 0 to 2; got -1."],
  [{ topP: 0 }, "options.generationConfig.topP must be a number above 0 to 1; got 0."],
  [{ topP: 2 }, "got 2"],
  [{ minP: -0.1 }, "options.generationConfig.minP must be a number from 0 to 1; got -0.1."],
  [{ topK: 1.5 }, "options.generationConfig.topK must be an integer"],
  [{ repetitionPenalty: 0 }, "repetitionPenalty must be a number above 0"],
  [{ seed: -2 }, "seed must be an integer from -1"],
  [{ doSample: 1 }, "doSample must be true or false; got 1."],
  [{ stopStrings: ["a", ""] }, 'stopStrings[1] must be a text of 1 to 1000 characters; got "".'],
  [{ stopStrings: 7 }, "options.generationConfig.stopStrings must be a text"],
  [{ minNewTokens: 11, maxNewTokens: 10 }, "minNewTokens (11) is above maxNewTokens (10)"],
  [[], "options.generationConfig must be an object; got a list of 0."],
])("%j throws", (config, message) => {
  expect(() => resolveGenerationConfig(config as GenerationConfigInput)).toThrow(message);
});
