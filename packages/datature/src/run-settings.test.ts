import { ModelLoadError, taskDefinitions } from "@ocellus/core";
import { expect, test } from "vitest";
import { parseRunSettings } from "./run-settings.ts";
import { makeRunJson } from "./testing/make-tar.ts";

const parse = (text: string) => parseRunSettings(text, "/runs/r/model_full/run.json");

test("task, prompt, generation settings and precision of the blocks", () => {
  const settings = parse(makeRunJson({ evaluation: { max_new_tokens: 160, topP: 0.9, repetition_penalty: 1.2 } }));
  expect(settings).toEqual({
    name: "My flow",
    task: "vqa",
    systemPrompt: "Answer briefly.",
    systemPrompts: { vqa: "Answer briefly." },
    generationConfig: { maxNewTokens: 160, topP: 0.9, repetitionPenalty: 1.2 },
    coordinateSpace: "relative-1024",
    architecture: { name: "qwen25vl", size: "tiny" },
    quantization: { enabled: false, type: "nf4" },
    precisionType: "float32",
  });
  const more = { quantization: { enabled: true }, compute: {}, coordinate_space: "relative-1000" };
  expect(parse(makeRunJson({ task: "generic", systemPrompt: null, model: more }))).toMatchObject({
    systemPrompt: null,
    systemPrompts: {},
    coordinateSpace: "relative-1000",
    quantization: { enabled: true, type: "nf4" },
    precisionType: "bfloat16",
  });
});

test("a caption prompt of its own holds for videos, too; the standard one does not", () => {
  expect(parse(makeRunJson({ task: "freeform", systemPrompt: "Mine." })).systemPrompts).toEqual({
    freeform: "Mine.",
    "video-freeform": "Mine.",
  });
  const standard = taskDefinitions.freeform.systemPrompt;
  expect(parse(makeRunJson({ task: "freeform", systemPrompt: standard })).systemPrompts).toEqual({
    freeform: standard,
  });
});

test("what is wrong is told with file and key", () => {
  expect(parse(makeRunJson({ task: null })).task).toBeNull();
  const wrong = [
    ["{oops", "is no JSON"],
    ["[]", "spec.flow.blocks"],
    [makeRunJson({ task: "segmentation" }), "projectKind"],
    [makeRunJson({ task: "auto" }), "projectKind"],
    [makeRunJson({ systemPrompt: 5 as never }), "systemPrompt"],
    [makeRunJson({ model: { coordinateSpace: "inches" } }), "coordinateSpace"],
  ] as const;
  for (const [text, part] of wrong) {
    const error = (() => {
      try {
        return parse(text);
      } catch (thrown) {
        return thrown as Error;
      }
    })();
    expect(ModelLoadError.isInstance(error)).toBe(true);
    expect((error as Error).message).toContain("/runs/r/model_full/run.json");
    expect((error as Error).message).toContain(part);
  }
});
