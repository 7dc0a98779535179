import { setTimeout } from "node:timers/promises";
import { AbortedError, type Answer, type AnswerRequest, type ChatMessage } from "@ocellus/core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { goldenMessages, readGoldenCheckpoint } from "../golden/golden-checkpoint.ts";
import { greedyRequest, openWatchedEngine, type WatchedEngine } from "../golden/golden-engine.ts";
import { SharedCache } from "./shared-cache.ts";

const golden = readGoldenCheckpoint("qwen2_5_vl");
const goldenCase = (id: string) => golden.cases.find((entry) => entry.id === id)!;
const request = (id: string, tokens = golden.maxNewTokens): AnswerRequest =>
  greedyRequest(goldenMessages(goldenCase(id)), tokens);

/** About `tokens` tokens of text. */
const longPrompt = (tokens: number, answer: number): AnswerRequest =>
  greedyRequest([{ role: "user", content: [{ type: "text", text: "q ".repeat(tokens / 2) }] }], answer);

let watched: WatchedEngine;

beforeAll(async () => {
  watched = await openWatchedEngine(golden.folder);
});

afterAll(() => watched?.delete());

function answer(of: AnswerRequest, signal = new AbortController().signal, onText = (_: string) => {}): Promise<Answer> {
  return watched.engine.answer(of, { signal, onText });
}

async function expectAborted(promise: Promise<unknown>, reason: unknown): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(AbortedError.isInstance(error), String(error)).toBe(true);
  expect((error as Error).cause).toBe(reason);
}

describe("abort", () => {
  const reason = new Error("the user left");

  test("before the start: no graph runs", async () => {
    watched.watch();
    await expectAborted(answer(request("one-image"), AbortSignal.abort(reason)), reason);
    expect(watched.runs).toEqual([]);
  });

  test("between two pictures: the second one is not seen", async () => {
    const controller = new AbortController();
    watched.watch(() => controller.abort(reason));
    await expectAborted(answer(request("two-images"), controller.signal), reason);
    expect(watched.runs).toEqual(["vision"]);
  });

  test("while the prompt is read: the rest of it is not run", async () => {
    const controller = new AbortController();
    watched.watch((count) => count === 2 && controller.abort(reason));
    await expectAborted(answer(longPrompt(3000, 5), controller.signal), reason);
    expect(watched.runs).toEqual(["decoder", "decoder"]);
  });

  test("while answering: no further step", async () => {
    const controller = new AbortController();
    watched.watch((count) => count === 7 && controller.abort(reason));
    await expectAborted(answer(request("text", 200), controller.signal), reason);
    expect(watched.runs.length).toBe(7);
  });

  test("while waiting: it is never begun, and the answer before it is complete", async () => {
    const controller = new AbortController();
    watched.watch((count) => count === 3 && controller.abort(reason));
    const first = answer(request("text"));
    const second = answer(request("one-image"), controller.signal);
    await expectAborted(second, reason);
    expect((await first).tokenIds).toEqual(goldenCase("text").greedy.ids);
    expect(watched.runs).toEqual(Array(golden.maxNewTokens).fill("decoder"));
  });
});

test("answers that overlap are made together, and are the reference's", async () => {
  const ids = ["two-images", "text", "multi-turn", "one-image", "image-after-text"];
  watched.watch();
  const answers = await Promise.all(ids.map((id) => answer(request(id))));
  expect(answers.map(({ tokenIds }) => tokenIds)).toEqual(ids.map((id) => goldenCase(id).greedy.ids));
  expect(watched.runs.filter((graph) => graph === "vision").length).toBe(4);
  const steps = watched.runs.filter((graph) => graph === "decoder").length;
  expect(steps).toBeLessThan(3 * golden.maxNewTokens); // one by one it would be 5 · 24
});

describe("with a vision tower that sees ahead", () => {
  const reason = new Error("the user left");
  let aside: WatchedEngine;

  beforeAll(async () => {
    aside = await openWatchedEngine(golden.folder, 0, {}, "none", true);
  });

  afterAll(() => aside?.delete());

  /** Asks about a picture with a prompt of eight runs, a second one once it is seen, and then a third one. */
  async function answerThree(secondSignal = new AbortController().signal, onSecond = () => {}) {
    const { signal } = new AbortController();
    const ask = (of: AnswerRequest, by = signal): Promise<readonly number[] | Error> =>
      aside.engine.answer(of, { signal: by, onText: () => undefined }).then(
        ({ tokenIds }) => tokenIds,
        (error: Error) => error,
      );
    const [{ content }] = goldenMessages(goldenCase("one-image")) as [ChatMessage];
    const filler = { type: "text", text: "q ".repeat(1900) } as const;
    const others: Promise<readonly number[] | Error>[] = [];
    let pictures = 0;
    aside.watch((_, graph) => {
      if (graph === "decoder") return;
      pictures++;
      if (pictures === 1) others.push(ask(request("one-image", 1), secondSignal));
      if (pictures !== 2) return;
      onSecond();
      others.push(ask(request("image-after-text", 1)));
    });
    const first = await ask(greedyRequest([{ role: "user", content: [...content, filler] }], 1));
    return [first, await others[0], await others[1]] as const;
  }

  const at = (graph: string) => aside.runs.flatMap((name, index) => (name === graph ? [index] : []));
  const firstId = (id: string) => goldenCase(id).greedy.ids.slice(0, 1);

  test("it sees the next picture while a prompt is read, but only one ahead", async () => {
    const [first, ...others] = await answerThree();
    expect(first).toHaveLength(1);
    expect(others).toEqual([firstId("one-image"), firstId("image-after-text")]);
    const [vision, decoder] = [at("vision"), at("decoder")];
    expect([vision.length, decoder.length]).toEqual([3, 10]);
    const promptEnd = decoder[7]!;
    expect(vision[1]).toBeLessThan(promptEnd);
    expect(vision[2]).toBeGreaterThan(promptEnd);
  });

  test.each([true, false])("answers step while it works: %j", async (seesAhead) => {
    const engine = seesAhead ? aside : watched;
    const { signal } = new AbortController();
    const ask = (of: AnswerRequest) => engine.engine.answer(of, { signal, onText: () => undefined });
    let picture: Promise<Answer> | undefined;
    let steps = 0;
    engine.watch((count, graph) => {
      if (count === 3) picture = ask(request("one-image", 1));
      if (graph === "decoder") return undefined;
      return setTimeout(40).then(() => {
        steps = engine.runs.length - count;
      });
    });
    expect((await ask(request("text", 1000))).tokenIds.length).toBe(1000);
    expect((await picture!).tokenIds).toEqual(firstId("one-image"));
    if (seesAhead) expect(steps).toBeGreaterThan(0);
    else expect(steps).toBe(0);
  });

  test("a question that is aborted while its picture is seen lets the others pass", async () => {
    const controller = new AbortController();
    const [first, second, third] = await answerThree(controller.signal, () => controller.abort(reason));
    expect(first).toHaveLength(1);
    expect(AbortedError.isInstance(second), String(second)).toBe(true);
    expect(third).toEqual(firstId("image-after-text"));
    expect([at("vision").length, at("decoder").length]).toEqual([3, 9]);
  });
});

describe("memory for keys and values", () => {
  const kvBytes = (tokens: number) => {
    const { layers, kvWidth } = watched.decoder;
    return tokens * 2 * 4 * layers * kvWidth;
  };
  const open = (tokens: number) =>
    openWatchedEngine(golden.folder, 0, { kvBudgetBytes: kvBytes(tokens), maxPromptBytes: kvBytes(tokens) });
  const settings = { signal: new AbortController().signal, onText: () => undefined };

  test("answers beyond the budget wait for their turn", async () => {
    // Each needs some 60 + 24 tokens: two fit, not three.
    const small = await open(200);
    const requests = ["text", "multi-turn", "text", "multi-turn"];
    let together = 0;
    small.watch((_, __, rows) => {
      together = Math.max(together, rows);
    });
    const answers = await Promise.all(requests.map((id) => small.engine.answer(request(id), settings)));
    await small.delete();
    expect(answers.map(({ tokenIds }) => tokenIds)).toEqual(requests.map((id) => goldenCase(id).greedy.ids));
    expect(together).toBe(2);
  });

  test("a prompt that can never fit is refused with both numbers, one whose answer might not fit is answered", async () => {
    const small = await open(60);
    const { ids } = goldenCase("text").greedy;
    expect((await small.engine.answer(request("text"), settings)).tokenIds).toEqual(ids);
    await expect(small.engine.answer(longPrompt(300, 5), settings)).rejects.toMatchObject({
      code: "insufficient-memory",
      requiredBytes: expect.any(Number),
      availableBytes: kvBytes(60),
    });
    expect((await small.engine.answer(request("text"), settings)).tokenIds).toEqual(ids);
    await small.delete();
  });
});

test("an answer for whose keys and values there is no memory fails, those beside it and after it do not", async () => {
  const join = vi.spyOn(SharedCache.prototype, "join").mockImplementationOnce(() => {
    throw new RangeError("Array buffer allocation failed");
  });
  const ids = ["text", "multi-turn", "one-image"];
  const ends = await Promise.allSettled(ids.map((id) => answer(request(id))));
  join.mockRestore();
  expect(ends.filter(({ status }) => status === "rejected").length).toBe(1);
  for (const [index, end] of ends.entries()) {
    if (end.status === "fulfilled") expect(end.value.tokenIds).toEqual(goldenCase(ids[index]!).greedy.ids);
    else expect(String(end.reason)).toContain("allocation failed");
  }
});

test("a failed answer does not disturb the next one", async () => {
  const broken = request("one-image");
  const missing = { kind: "path", media: "image", path: "/nowhere/a.png", label: "a.png" } as const;
  const bad = answer({ ...broken, messages: [{ role: "user", content: [{ type: "image", source: missing }] }] });
  const good = answer(request("text"));
  await expect(bad).rejects.toMatchObject({ code: "source-not-found" });
  expect((await good).tokenIds).toEqual(goldenCase("text").greedy.ids);
});

test("a prompt longer than the context is refused with both numbers before the decoder runs", async () => {
  watched.watch();
  await expect(answer(longPrompt(6000, 5))).rejects.toMatchObject({
    code: "generation",
    message: expect.stringMatching(/prompt has 60\d\d tokens.*context holds 4096/),
  });
  expect(watched.runs).toEqual([]);
});

test("the cap on new tokens shrinks to what the context still holds", async () => {
  const made = await answer(longPrompt(4040, 500));
  expect(made.usage.inputTokens + made.usage.outputTokens).toBe(4096);
  expect(made.finishReason).toBe("length");
});

test("a clip that cannot fit the context is refused before its frames are opened", async () => {
  watched.watch();
  const frame = { kind: "path", media: "image", path: "none.png", label: "none.png" } as const;
  const [first] = goldenMessages(goldenCase("one-image"))[0]!.content.flatMap((part) =>
    part.type === "image" ? [part.source] : [],
  );
  const frames = [first!, ...new Array<typeof frame>(19_999).fill(frame)];
  const part = { type: "video", frames, fps: null, frameIndices: null, totalFrames: null } as const;
  await expect(answer(greedyRequest([{ role: "user", content: [part] }], 5))).rejects.toMatchObject({
    code: "generation",
    message: expect.stringMatching(/clip of 20000 frames .* context holds 4096/),
  });
  expect(watched.runs).toEqual([]);
});

test("pieces of text joined are the text, and no piece is empty", async () => {
  for (const id of ["text", "one-image", "two-images"]) {
    const pieces: string[] = [];
    const made = await answer(request(id, 300), undefined, (piece) => pieces.push(piece));
    expect(pieces.join("")).toBe(made.text);
    expect(pieces).not.toContain("");
  }
});

describe("with remembered prompts", () => {
  let remembering: WatchedEngine;
  const ask = (of: AnswerRequest, signal = new AbortController().signal) =>
    remembering.engine.answer(of, { signal, onText: () => undefined });

  beforeAll(async () => {
    remembering = await openWatchedEngine(golden.folder, 64 << 20);
  });

  afterAll(() => remembering?.delete());

  test.each(["text", "one-image", "two-images"])(
    "an abort at any step of %s leaves nothing wrong behind",
    async (id) => {
      for (const step of [1, 2, 9]) {
        const controller = new AbortController();
        remembering.watch((count) => count === step && controller.abort());
        await expect(ask(request(id), controller.signal)).rejects.toMatchObject({ code: "aborted" });
        remembering.watch();
        expect((await ask(request(id))).tokenIds).toEqual(goldenCase(id).greedy.ids);
      }
    },
  );

  test("answers in any order are the reference's, and a known picture is not looked at again", async () => {
    const ids = ["one-image", "two-images", "vision-id", "text", "multi-turn", "one-image", "image-after-text", "text"];
    for (const id of ids) await ask(request(id));
    remembering.watch();
    for (const id of ids.toReversed()) {
      const options = goldenCase(id).template_kwargs;
      const made = await ask({ ...request(id), templateOptions: options });
      expect(made.tokenIds, id).toEqual(goldenCase(id).greedy.ids);
    }
    expect(remembering.runs).not.toContain("vision");
  });
});
