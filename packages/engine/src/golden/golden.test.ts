import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ResolvedGenerationConfig } from "@ocellus/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ModelCheckpoint, openModelCheckpoint } from "../checkpoint/model-checkpoint.ts";
import { precisionPlan } from "../checkpoint/precision.ts";
import type { FamilyModel, PreparedVisual } from "../families/model-family.ts";
import { familyOf } from "../families/registry.ts";
import { writeOnnxModel } from "../onnx/write-onnx-model.ts";
import { Batcher, type Generated } from "../runtime/batcher.ts";
import { Decoder } from "../runtime/decoder.ts";
import { embedPrompt } from "../runtime/embed-prompt.ts";
import { expandVisuals } from "../runtime/expand-visuals.ts";
import { FeatureCache } from "../runtime/feature-cache.ts";
import type { DecoderPrompt } from "../runtime/generation.ts";
import { type OnnxSession, openSession } from "../runtime/onnx-session.ts";
import { placeholdersOf, placeVisuals } from "../runtime/place-visuals.ts";
import { prepareVisuals } from "../runtime/prepare-visuals.ts";
import { SequenceState } from "../runtime/sequence-state.ts";
import { toTemplateMessage } from "../runtime/to-template-message.ts";
import { type ChatTemplate, loadChatTemplate } from "../text/chat-template.ts";
import { encodePrompt } from "../text/encode-prompt.ts";
import { loadTokenizer, type Tokenizer } from "../text/tokenizer.ts";
import {
  type BatchedCase,
  type GoldenCase,
  type GoldenGreedy,
  goldenAdapters,
  goldenMessages,
  goldenNames,
  readGoldenCheckpoint,
} from "./golden-checkpoint.ts";
import { pixelHash, readNormalisation } from "./pixel-hash.ts";

/** Bounds of the fixtures' README for a float32 engine. */
const featureTolerance = 1e-3;
const logitTolerance = 2e-3;

const kinds = ["text", "image", "images", "video", "image+video"];

describe.each([...goldenNames, ...goldenAdapters])("golden checkpoint %s in float32", (name) => {
  const golden = readGoldenCheckpoint(name);
  // Cases with other settings than the checkpoint's are those of the processor's own test.
  const cases = golden.cases.filter(
    ({ kind, processor_kwargs }) => kinds.includes(kind) && Object.keys(processor_kwargs).length === 0,
  );
  const normalisation = readNormalisation(golden.filesFolder);
  let folder: string;
  let checkpoint: ModelCheckpoint;
  let model: FamilyModel;
  let tokenizer: Tokenizer;
  let template: ChatTemplate;
  let sessions: Record<"vision" | "decoder", OnnxSession>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ocellus-golden-"));
    checkpoint = await openModelCheckpoint(golden.folder);
    model = await familyOf(await checkpoint.readJson("config.json")).open(checkpoint, {});
    tokenizer = await loadTokenizer(checkpoint);
    template = await loadChatTemplate(checkpoint, model.plainPrompt);
    for (const [graph, content] of Object.entries(model.graphs(precisionPlan("float32").formats))) {
      await writeOnnxModel(content, { folder, name: graph });
    }
    const open = (graph: string): Promise<OnnxSession> => openSession(join(folder, `${graph}.onnx`), { threads: 1 });
    sessions = { vision: await open("vision"), decoder: await open("decoder") };
  });

  afterAll(async () => {
    await sessions?.vision.release();
    await sessions?.decoder.release();
    await checkpoint?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Prompt, pictures and features of a case, stage by stage as the engine makes them. */
  async function prepare(golden: Pick<GoldenCase, "messages" | "template_kwargs">) {
    const messages = goldenMessages(golden);
    const context = {
      signal: new AbortController().signal,
      allowPrivateAddresses: false,
      videoBackend: "auto",
    } as const;
    const prepared = await prepareVisuals(model, messages, context);
    const encoded = encodePrompt(tokenizer, template, messages.map(toTemplateMessage), {
      templateOptions: golden.template_kwargs,
      allowedLiterals: model.allowedLiterals,
      expand: expandVisuals(prepared),
    });
    const { ids, visuals } = placeVisuals(encoded.ids, placeholdersOf(model), prepared, tokenizer.encodePlain);
    const features: Float32Array[] = [];
    const cache = new FeatureCache(sessions.vision, 0);
    for (const visual of visuals) features.push((await cache.featuresOf(visual, async () => undefined)).rows);
    const positions = model.positions(ids.length, visuals);
    // Where the reference splices several rows in for one id, the ids were recorded before.
    const comparedIds = golden.sequence_length === undefined ? ids : encoded.ids;
    return { ids, comparedIds, visuals, features, promptText: encoded.promptText, positions };
  }

  test.each(cases)("$id: prompt, ids, positions and pixels are those of the reference", async (golden) => {
    const { ids, comparedIds, visuals, promptText, positions } = await prepare(golden);
    expect(promptText).toBe(golden.prompt_text);
    expect(comparedIds).toEqual(golden.input_ids);
    expect(ids).toHaveLength(golden.sequence_length ?? golden.input_ids.length);
    const text = ids.map((_, index) => index);
    expect(Array.from(positions.ids)).toEqual(
      (golden.position_ids ?? new Array(positions.ids.length / ids.length).fill(text)).flat(),
    );
    if (golden.rope_deltas) expect(positions.next - ids.length).toBe(golden.rope_deltas[0]);
    // Some families give the frames of a clip the token of pictures.
    const isClip = ({ placeholder }: PreparedVisual): boolean =>
      golden.kind === "video" || placeholder !== model.imageTokenId;
    const pictures = visuals.filter((visual) => !isClip(visual));
    const clips = visuals.filter(isClip);
    if (golden.image_grid_thw || golden.video_grid_thw) {
      expect(pictures.map(({ grid }) => [grid.t, grid.h, grid.w])).toEqual(golden.image_grid_thw ?? []);
      expect(clips.map(({ grid }) => [grid.t, grid.h, grid.w])).toEqual(golden.video_grid_thw ?? []);
    }
    const recorded = golden.pixels.pixel_values?.pil;
    // Arrays that the reference has filled up to one number of tiles are recorded without bytes.
    if (recorded?.u8 && pictures.length > 0)
      expect(pixelHash(pictures, recorded.shape, normalisation)).toBe(recorded.u8.sha256);
    if (golden.video_pil) {
      expect(pixelHash(clips, golden.video_pil.pixels.shape, normalisation)).toBe(golden.video_pil.pixels.u8?.sha256);
    }
  });

  test.each(cases)("$id: features and logits are within the stated bounds", async (goldenCase) => {
    const { ids, visuals, features, positions } = await prepare(goldenCase);
    const resized = goldenCase.video_pil ?? goldenCase.image_pil;
    if (goldenCase.image_features && resized === undefined) {
      const expected = golden.tensor(goldenCase.image_features.tensor);
      const { hiddenSize, inputWidth } = model.decoder;
      const embedded = features.flatMap((rows) => [...rows].filter((_, index) => index % inputWidth < hiddenSize));
      expect(maxDifference(Float32Array.from(embedded), expected)).toBeLessThan(featureTolerance);
    }
    const decoder = new Decoder(sessions, model);
    const embeddings = embedPrompt(model, ids, visuals, features);
    const logits = await decoder.append(embeddings, positions.ids, async () => undefined, positions.joined);
    expect(maxDifference(logits, golden.tensor((resized ?? goldenCase).logits.tensor))).toBeLessThan(logitTolerance);
  });

  test.each(cases)("$id: 24 greedy tokens are those of the reference, with and without penalty", async (goldenCase) => {
    for (const recorded of await recordedAnswers(goldenCase)) expectRecorded(...(await generate([recorded]))[0]!);
  });

  test("all of them at once, with and without penalty: the same tokens", async () => {
    const recorded = await Promise.all([...cases, ...golden.batchedCases].map(recordedAnswers));
    for (const [generated, expected] of await generate(recorded.flat())) expectRecorded(generated, expected);
  });

  interface Recorded {
    readonly prompt: DecoderPrompt;
    readonly penalty: number;
    readonly expected: GoldenGreedy;
  }

  async function recordedAnswers(goldenCase: BatchedCase & Partial<GoldenCase>): Promise<Recorded[]> {
    const { ids, visuals, features, positions } = await prepare(goldenCase);
    const prompt = { ids, positions, embeddings: embedPrompt(model, ids, visuals, features) };
    const resized = goldenCase.video_pil ?? goldenCase.image_pil;
    if (resized) return [{ prompt, penalty: 1, expected: resized.greedy }];
    const { greedy, greedy_rp105: penalized } = goldenCase;
    const answers = [{ prompt, penalty: 1, expected: greedy }];
    return penalized === undefined ? answers : [...answers, { prompt, penalty: 1.05, expected: penalized }];
  }

  /** Generates answers together; each with what the reference recorded. */
  async function generate(answers: readonly Recorded[]): Promise<[Generated, GoldenGreedy][]> {
    const batcher = new Batcher(sessions, model, {
      ...{ maxBatchSize: 64, weightBytes: 0 },
      ...{ kvBudgetBytes: 2 ** 30, maxPromptBytes: 2 ** 30 },
    });
    // Placeholders of different pictures are alike; answers about the same prompt share it.
    const prompts = [...new Set(answers.map(({ prompt }) => prompt))];
    const keysOf = (prompt: Recorded["prompt"]) => prompt.ids.map((id) => id + 1e6 * prompts.indexOf(prompt));
    return Promise.all(
      answers.map(async ({ prompt, penalty, expected }): Promise<[Generated, GoldenGreedy]> => {
        const config = greedyConfig(golden.maxNewTokens, penalty, golden.eosTokenIds);
        const { generated } = await batcher.start({
          ...{ model, tokenizer, config, prompt, isCrowded: answers.length > 1, speculation: "none" },
          state: new SequenceState(model.decoder),
          keys: keysOf(prompt),
          signal: new AbortController().signal,
          onText: () => undefined,
          keep: () => undefined,
        });
        return [await generated, expected];
      }),
    );
  }
});

function expectRecorded(generated: Generated, expected: GoldenGreedy): void {
  const compared = stepsToCompare(generated.tokenIds, expected);
  expect(compared, "tokens compared before a near tie").toBeGreaterThan(0);
  expect(generated.tokenIds.slice(0, compared)).toEqual(expected.ids.slice(0, compared));
  if (compared === expected.ids.length) expect(generated.text).toBe(expected.text);
}

function maxDifference(actual: Float32Array, expected: Float32Array): number {
  expect(actual.length).toBe(expected.length);
  return actual.reduce((largest, value, index) => Math.max(largest, Math.abs(value - expected[index]!)), 0);
}

/** Steps up to the first difference that a recorded near tie explains; all of them when there is none. */
function stepsToCompare(actual: readonly number[], expected: GoldenGreedy): number {
  const differing = expected.ids.findIndex((id, step) => actual[step] !== id);
  return differing >= 0 && expected.gap[differing]! < logitTolerance ? differing : expected.ids.length;
}

function greedyConfig(tokens: number, penalty: number, stopTokenIds: readonly number[]): ResolvedGenerationConfig {
  return {
    maxNewTokens: tokens,
    minNewTokens: tokens,
    doSample: false,
    temperature: 1,
    topP: 1,
    topK: 50,
    repetitionPenalty: penalty,
    seed: 0,
    stopStrings: [],
    noRepeatNgramSize: 0,
    stopTokenIds,
  };
}
