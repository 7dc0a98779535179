import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ImagePartInput, unwrap, type VideoPartInput, type VisionModel } from "@ocellus/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadModel } from "../load-model.ts";
import { fixturesFolder } from "./scratch-checkpoint.ts";

/** Two scores nearer than this may swap places between two float32 engines (fixtures README, "Tolerances"). */
const nearTie = 2e-3;

interface RecordedGreedy {
  readonly ids: readonly number[];
  readonly gap: readonly number[];
  readonly text: string;
}

type RecordedPart =
  | { readonly type: "image" | "video"; readonly source: string }
  | { readonly type: "video"; readonly frames: readonly string[]; readonly fps: number };

interface RecordedCase {
  readonly parts: readonly RecordedPart[];
  readonly system?: string;
  readonly question: string;
  readonly input_ids: readonly number[];
  readonly greedy: RecordedGreedy;
  readonly greedy_rp105: RecordedGreedy;
}

const workspace = fileURLToPath(new URL("../../../../", import.meta.url));

/** What transformers answers with the embedded checkpoint in float32. */
const recorded = JSON.parse(await readFile(`${fixturesFolder}ocellus-tiny/expected.json`, "utf8")) as {
  readonly checkpoint: string;
  readonly samples: string;
  readonly model_sha256: string;
  readonly max_new_tokens: number;
  readonly cases: readonly RecordedCase[];
};

const locate = (file: string): string => join(workspace, recorded.samples, file);

const partOf = (part: RecordedPart): ImagePartInput | VideoPartInput =>
  "frames" in part ? { ...part, frames: part.frames.map(locate) } : { ...part, source: locate(part.source) };

let cacheFolder: string;
let model: VisionModel;

beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), "ocellus-tiny-"));
  model = await loadModel(join(workspace, recorded.checkpoint), { precision: "float32", cacheFolder });
});

afterAll(async () => {
  await model?.close();
  await rm(cacheFolder, { recursive: true, force: true });
});

test("the answers were recorded with these weights", async () => {
  const weights = await readFile(join(workspace, recorded.checkpoint, "model.safetensors"));
  expect(createHash("sha256").update(weights).digest("hex")).toBe(recorded.model_sha256);
});

test.each([
  ["without a penalty", 1, "greedy"],
  ["with a penalty of 1.05", 1.05, "greedy_rp105"],
] as const)("every sample question is answered with the reference's tokens %s", async (_, repetitionPenalty, key) => {
  const generationConfig = { maxNewTokens: recorded.max_new_tokens, repetitionPenalty, doSample: false } as const;
  let steps = 0;
  let compared = 0;
  for (const { parts, system, question, input_ids, [key]: expected } of recorded.cases) {
    const content = [...parts.map(partOf), { type: "text", text: question } as const];
    const messages = [
      ...(system === undefined ? [] : [{ role: "system", content: system } as const]),
      { role: "user", content } as const,
    ];
    const answered = unwrap(await model({ messages, generationConfig }));
    const label = `${JSON.stringify(parts)}: ${question}`;
    expect(answered.usage.inputTokens, label).toBe(input_ids.length);
    const differing = expected.ids.findIndex((id, step) => answered.tokenIds[step] !== id);
    const isTie = differing >= 0 && expected.gap[differing]! < nearTie;
    const length = isTie ? differing : expected.ids.length;
    expect(answered.tokenIds.slice(0, length), label).toEqual(expected.ids.slice(0, length));
    if (!isTie) expect(answered.rawOutput, label).toBe(expected.text);
    steps += expected.ids.length;
    compared += length;
  }
  expect(steps).toBeGreaterThan(500);
  expect(compared / steps, "part that was compared before a near tie").toBeGreaterThan(0.95);
});
