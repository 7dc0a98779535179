import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkpointFolder, readSamples, samplesFolder } from "./index.ts";

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

test("the answers of JSON questions are JSON", async () => {
  const answers = (await readSamples()).flatMap((sample) => sample.questions);
  for (const { kind, answer } of answers) {
    if (kind === "phrase-grounding") expect(JSON.parse(answer)).toHaveProperty("phrase_grounding.groundings");
    if (kind === "json-answer") expect(JSON.parse(answer)).toHaveProperty("vqa.answer");
  }
});
