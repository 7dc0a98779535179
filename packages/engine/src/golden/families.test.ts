import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ImagePartInput,
  UnsupportedMediaError,
  unwrap,
  type VideoPartInput,
  type VisionModel,
} from "@ocellus/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModel } from "../load-model.ts";
import { goldenNames, readGoldenCheckpoint } from "./golden-checkpoint.ts";
import { fixturesFolder } from "./scratch-checkpoint.ts";

const generationConfig = { maxNewTokens: 24, minNewTokens: 24, doSample: false, repetitionPenalty: 1 };

/** The first checkpoint of every model type; that of Qwen2.5-VL has tests of its own. */
const names = goldenNames.filter((name) => !name.includes("-") && name !== "qwen2_5_vl");

/** How published checkpoints of the families write boxes, where they do not follow the prompt. */
const spaces: Readonly<Record<string, string>> = {
  ...{ qwen3_vl: "relative-1000", qwen3_vl_moe: "relative-1000", qwen3_5: "relative-1000" },
  ...{ qwen3_5_moe: "relative-1000", internvl: "relative-1000", deepseek_ocr: "relative-999" },
};

// From the folder to the answer: worker, cache of graphs, cache of prompts, video file.
describe.each(names)("%s through loadModel", (name) => {
  const golden = readGoldenCheckpoint(name);
  // Recurrent states are kept before the opening of the answer, keys and values at every token.
  const computedAgain = name.startsWith("qwen3_5") ? 8 : 1;
  const caseOf = (id: string) => golden.cases.find((candidate) => candidate.id === id);
  let cacheFolder: string;
  let model: VisionModel;

  beforeAll(async () => {
    cacheFolder = await mkdtemp(join(tmpdir(), "ocellus-families-"));
    model = await loadModel(golden.folder, { precision: "float32", cacheFolder });
  });

  afterAll(async () => {
    await model?.close();
    await rm(cacheFolder, { recursive: true, force: true });
  });

  const ask = (visual: ImagePartInput | VideoPartInput, text: string) =>
    model({ messages: [{ role: "user", content: [visual, { type: "text", text }] }], generationConfig });

  test("a picture, and the same question again from the cache", async () => {
    const expected = caseOf("one-image")!;
    const [shown, asked] = expected.messages[0]!.content as unknown as [{ path: string }, { text: string }];
    const picture = { type: "image", source: `${fixturesFolder}images/${shown.path}` } as const;
    const { ids } = (expected.image_pil ?? expected).greedy;
    const first = unwrap(await ask(picture, asked.text));
    expect(first.tokenIds).toEqual(ids);
    const again = unwrap(await ask(picture, asked.text));
    expect(again.tokenIds).toEqual(ids);
    expect(again.usage.cachedTokens).toBe((expected.sequence_length ?? expected.input_ids.length) - computedAgain);
  });

  if (name === "qwen3_5") {
    test("a block of thoughts that the template opens is no part of a form", async () => {
      const request = { source: `${fixturesFolder}images/photo.png`, task: "vqa", generationConfig } as const;
      const response = unwrap(await model(request));
      expect([response.kind, response.thinking]).toEqual(["vqa", null]);
      const other = unwrap(await model({ ...request, templateOptions: { enable_thinking: false } }));
      expect([other.tokenIds, other.usage.inputTokens]).toEqual([response.tokenIds, response.usage.inputTokens]);
    });
  }

  test("a video file", async () => {
    const clip = { type: "video", source: `${fixturesFolder}videos/lossless.mkv`, fps: 2 } as const;
    const [response, error] = await ask(clip, "Where does the ball go?");
    const expected = caseOf("video");
    expect(model.info.supportsVideo).toBe(expected !== undefined);
    if (Object.hasOwn(spaces, name)) expect(model.info.coordinateSpace).toBe(spaces[name]);
    if (expected === undefined) {
      expect(UnsupportedMediaError.isInstance(error)).toBe(true);
      expect(error?.message).toContain(`${model.info.family} checkpoint takes no videos`);
    }
    if (expected !== undefined) expect(response?.tokenIds).toEqual(expected.video_pil!.greedy.ids);
  });
});
