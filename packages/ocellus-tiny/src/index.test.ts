import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { expect, test } from "vitest";
import { checkpointFolder, readPromptSamples, readSamples, samplesFolder } from "./index.ts";

test("the checkpoint folder holds what a Hugging Face checkpoint needs", () => {
  for (const file of ["config.json", "generation_config.json", "preprocessor_config.json", "tokenizer.json"]) {
    expect(existsSync(join(checkpointFolder, file)), file).toBe(true);
  }
  expect(existsSync(join(checkpointFolder, "model.safetensors"))).toBe(true);
});

test("every sample picture exists in the size that is listed, and has questions of several forms", async () => {
  const samples = await readSamples();
  expect(samples.length).toBeGreaterThanOrEqual(8);
  for (const sample of samples) {
    const png = await readFile(join(samplesFolder, sample.file));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)], sample.file).toEqual([sample.width, sample.height]);
    expect(new Set(sample.questions.map((q) => q.kind)).size, sample.file).toBeGreaterThanOrEqual(3);
  }
});

test("there are pairs, and clips in every form, whose files exist and which have questions", async () => {
  const prompts = await readPromptSamples();
  const parts = prompts.flatMap((prompt) => prompt.parts);
  for (const part of parts) {
    for (const path of "frames" in part ? part.frames : [part.source]) expect(existsSync(path), path).toBe(true);
  }
  expect(prompts.filter((prompt) => prompt.parts.length === 2)).not.toHaveLength(0);
  const forms = parts.flatMap((part) =>
    "frames" in part ? "frames" : part.type === "video" ? extname(part.source) : [],
  );
  expect(new Set(forms)).toEqual(new Set([".gif", ".mp4", "frames"]));
  for (const { name, questions } of prompts) expect(questions.length, name).toBeGreaterThanOrEqual(2);
});

test("the answers of JSON questions are JSON", async () => {
  const answers = [...(await readSamples()), ...(await readPromptSamples())].flatMap((sample) => sample.questions);
  for (const { kind, answer } of answers) {
    if (kind === "phrase-grounding") expect(JSON.parse(answer)).toHaveProperty("phrase_grounding.groundings");
    if (kind === "json-answer") expect(JSON.parse(answer)).toHaveProperty("vqa.answer");
  }
});
