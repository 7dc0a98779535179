import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PredictionResponse, unwrap, type VisionModel } from "@ocellus/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModel } from "../load-model.ts";
import { createSeededRandom } from "../runtime/sampler/seeded-random.ts";
import { fixturesFolder } from "./scratch-checkpoint.ts";

const generationConfig = { maxNewTokens: 16, minNewTokens: 16 };
const photo = `${fixturesFolder}images/photo.png`;
const square = `${fixturesFolder}images/square.png`;

// Recurrent layers can be taken up again only in a few places; keys and values at every token.
describe.each(["qwen2_5_vl-tied-window112", "qwen3_5"])("reuse of earlier prompts of %s", (name) => {
  let cacheFolder: string;
  let reusing: VisionModel;
  let forgetting: VisionModel;

  beforeAll(async () => {
    cacheFolder = await mkdtemp(join(tmpdir(), "ocellus-reuse-"));
    const folder = `${fixturesFolder}checkpoints/${name}`;
    reusing = await loadModel(folder, { precision: "float32", cacheFolder });
    forgetting = await loadModel(folder, { precision: "float32", cacheFolder, promptCacheBytes: 0 });
  });

  afterAll(async () => {
    await Promise.all([reusing?.close(), forgetting?.close()]);
    await rm(cacheFolder, { recursive: true, force: true });
  });

  async function ask(model: VisionModel, source: string, userPrompt: string): Promise<PredictionResponse> {
    return unwrap(
      await model({ source, userPrompt, systemPrompt: "You describe pictures in a few words.", generationConfig }),
    );
  }

  test("answers are those of a model that forgets, and less is computed", async () => {
    const questions = [
      [photo, "What is in this image?"],
      [photo, "What is on the left?"],
      [square, "What is in this image?"],
      [photo, "What is in this image?"],
    ] as const;
    const cached: (number | undefined)[] = [];
    for (const [source, prompt] of questions) {
      const expected = await ask(forgetting, source, prompt);
      const actual = await ask(reusing, source, prompt);
      expect(actual.tokenIds).toEqual(expected.tokenIds);
      expect(expected.usage.cachedTokens).toBe(0);
      cached.push(actual.usage.cachedTokens);
    }
    const [first, second, third, again] = cached;
    expect(first).toBe(0);
    expect(second).toBeGreaterThan(third!); // the picture's rows, and not only the text before it
    expect(third).toBeGreaterThan(0);
    expect(again).toBeGreaterThan(second!);
  });

  test("the turns of a chat are computed once", async () => {
    const first = {
      role: "user" as const,
      content: [
        { type: "image" as const, source: photo },
        { type: "text" as const, text: "Hi" },
      ],
    };
    const answer = unwrap(await reusing({ messages: [first], generationConfig }));
    const reply = { role: "assistant" as const, content: answer.rawOutput };
    const messages = [first, reply, { role: "user" as const, content: "And now?" }];
    const next = unwrap(await reusing({ messages, generationConfig }));
    const opening = name === "qwen3_5" ? 8 : 0;
    expect(next.usage.cachedTokens).toBeGreaterThanOrEqual(answer.usage.inputTokens - opening);
    expect(next.tokenIds).toEqual(unwrap(await forgetting({ messages, generationConfig })).tokenIds);
  });

  test("eight callers at once, some of whom hang up, get what each would get alone", async () => {
    const random = createSeededRandom(5);
    const questions = Array.from({ length: 8 }, (_, seed) => ({
      source: seed % 3 === 0 ? square : photo,
      userPrompt: seed % 2 === 0 ? "What is in this image?" : "How many?",
      task: seed % 4 === 1 ? ("vqa" as const) : ("generic" as const),
      generationConfig: { maxNewTokens: 4 + 5 * seed, doSample: seed > 4, temperature: 1.2, seed },
    }));
    const alone: unknown[] = [];
    for (const question of questions) alone.push(unwrap(await forgetting(question)).tokenIds);
    const call = async (caller: number): Promise<string[]> => {
      const results: string[] = [];
      for (let turn = 0; turn < 6; turn++) {
        const index = (3 * caller + turn) % questions.length;
        const controller = new AbortController();
        if (random() < 0.3) setTimeout(() => controller.abort(), 60 * random());
        const [response, error] = await reusing({ ...questions[index]!, signal: controller.signal });
        if (response !== null) expect(response.tokenIds).toEqual(alone[index]);
        else expect(error.code).toBe("aborted");
        results.push(error?.code ?? "answered");
      }
      return results;
    };
    const results = (await Promise.all(Array.from({ length: 8 }, (_, caller) => call(caller)))).flat();
    expect(results.filter((result) => result === "answered").length).toBeGreaterThan(24);
  });
});
