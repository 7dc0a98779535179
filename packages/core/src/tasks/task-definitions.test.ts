import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { cotSuffix } from "./cot-suffix.ts";
import { checkTaskOption, resolveTask } from "./resolve-task.ts";
import { taskDefinitions } from "./task-definitions.ts";
import { taskNames } from "./task-name.ts";

const recorded = JSON.parse(readFileSync(new URL("../../../../fixtures/vi/prompts.json", import.meta.url), "utf8")) as {
  readonly cot_suffix: string;
  readonly task_wire_values: readonly string[];
  readonly tasks: Readonly<
    Record<string, { default_user_prompt: string | null; system_prompt_sha256: string | null; json_schema: unknown }>
  >;
};

test("the tasks are those of the platform", () => {
  expect([...taskNames].sort()).toEqual([...recorded.task_wire_values].sort());
});

test.each(taskNames)("%s has the recorded texts", (name) => {
  const { defaultPrompt, systemPrompt, jsonKey, task } = taskDefinitions[name];
  const expected = recorded.tasks[name]!;
  expect(task).toBe(name);
  expect(defaultPrompt).toBe(expected.default_user_prompt ?? "");
  const hash = systemPrompt === "" ? null : createHash("sha256").update(systemPrompt).digest("hex");
  expect(hash).toBe(expected.system_prompt_sha256);
  const schema = expected.json_schema as { required: readonly string[] } | null;
  expect(jsonKey).toBe(schema === null ? null : schema.required[0]);
});

test("the suffix of cot is the recorded one", () => {
  expect(cotSuffix).toBe(recorded.cot_suffix);
});

test("auto is what the model says, else generic", () => {
  expect(resolveTask("auto", "image", {}).task).toBe("generic");
  expect(resolveTask("auto", "image", { task: "vqa" }).task).toBe("vqa");
  expect(resolveTask("generic", "image", { task: "vqa" }).task).toBe("generic");
});

test("freeform about a video is video-freeform, every other task stays", () => {
  expect(resolveTask("freeform", "video", {}).task).toBe("video-freeform");
  expect(resolveTask("auto", "video", { task: "freeform" }).task).toBe("video-freeform");
  expect(resolveTask("vqa", "video", {}).task).toBe("vqa");
  expect(resolveTask("generic", "video", {}).task).toBe("generic");
});

test("a checkpoint's own system prompt replaces that of its task only", () => {
  const model = { task: "vqa", systemPrompts: { vqa: "Own." } } as const;
  expect(resolveTask("auto", "image", model).systemPrompt).toBe("Own.");
  expect(resolveTask("freeform", "image", model).systemPrompt).toBe(taskDefinitions.freeform.systemPrompt);
  expect(taskDefinitions.vqa.systemPrompt).not.toBe("Own.");
});

test.each([
  ["VQA", 'Did you mean "vqa"?'],
  ["free-form", 'Did you mean "freeform"?'],
  ["detection", "Known: auto, vqa"],
  [7, "Known: auto, vqa"],
])("the task %j throws", (value, message) => {
  expect(() => checkTaskOption(value, "options.task")).toThrow(message);
});
