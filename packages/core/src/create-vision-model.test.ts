import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import type { BatchRun } from "./batch/batch-run.ts";
import { createVisionModel } from "./create-vision-model.ts";
import { GenerationError } from "./errors/generation-error.ts";
import { SourceNotFoundError } from "./errors/source-not-found-error.ts";
import type { ModelInfo } from "./model/model-info.ts";
import type { Answer, AnswerContext, AnswerRequest, VisionBackend } from "./model/vision-backend.ts";
import type { Outcome } from "./outcome.ts";
import type { PredictionResponse } from "./responses/prediction-response.ts";
import { cotSuffix } from "./tasks/cot-suffix.ts";
import { taskDefinitions } from "./tasks/task-definitions.ts";

const usage = { inputTokens: 10, imageTokens: 4, outputTokens: 3 };
const timings = { loadMs: 1, visionMs: 2, prefillMs: 3, decodeMs: 4, firstTokenMs: 6 };
const rawAnswer = (text: string, more: Partial<Answer> = {}): Answer => ({
  text,
  tokenIds: [1, 2, 3],
  finishReason: "stop",
  usage,
  timings,
  ...more,
});

type Reply = (request: AnswerRequest, context: AnswerContext) => Answer | Promise<Answer>;

/** A backend with two folders, `photos` and `empty`, that answers as the test says and keeps the requests. */
function fakeModel(reply: Reply | string = "hello", info: Partial<ModelInfo> = {}, more: Partial<VisionBackend> = {}) {
  const requests: AnswerRequest[] = [];
  const backend: VisionBackend = {
    modelId: "fake",
    info: { provider: "test", ...info },
    isFolder: (path) => ["photos", "empty", "locked"].includes(path),
    async expandFolder(path, { recursive }) {
      if (path === "locked") throw new SourceNotFoundError("cannot read locked");
      if (path === "empty") return [];
      return recursive ? ["photos/a.jpg", "photos/b.jpg", "photos/deep/c.jpg"] : ["photos/a.jpg", "photos/b.jpg"];
    },
    async answer(request, context) {
      requests.push(request);
      return typeof reply === "string" ? rawAnswer(reply) : await reply(request, context);
    },
    close: vi.fn(async () => undefined),
    ...more,
  };
  return { model: createVisionModel(backend), backend, requests };
}

/** The path or label that a request is about. */
function labelOf(request: AnswerRequest): string {
  const part = request.messages.at(-1)?.content[0];
  return part !== undefined && "source" in part ? part.source.label : "";
}

const userText = (request: AnswerRequest | undefined): unknown => request?.messages.at(-1)?.content.at(-1);
const untilAborted: Reply = (_, { signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

describe("one answer", () => {
  test("with everything on it, as plain data", async () => {
    const { model } = fakeModel('{"vqa":{"answer":"two"}}');
    const [result, error] = await model({ source: "a.jpg", userPrompt: "How many?", task: "vqa" });
    expect(error).toBeNull();
    expect(result).toEqual({
      kind: "vqa",
      prompt: "How many?",
      result: { answer: "two" },
      rawOutput: '{"vqa":{"answer":"two"}}',
      thinking: null,
      usage,
      timings,
      tokenIds: [1, 2, 3],
      finishReason: "stop",
    });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  test("the chat has the system prompt, then the picture, then the text", async () => {
    const { model, requests } = fakeModel();
    await model({ source: "a.jpg", taskType: "phrase-grounding" });
    const { systemPrompt, defaultPrompt } = taskDefinitions["phrase-grounding"];
    expect(requests[0]?.messages).toEqual([
      { role: "system", content: [{ type: "text", text: systemPrompt }] },
      {
        role: "user",
        content: [
          { type: "image", source: { kind: "path", path: "a.jpg", media: "image", label: "a.jpg" } },
          { type: "text", text: defaultPrompt },
        ],
      },
    ]);
    expect(requests[0]).toMatchObject({ task: "phrase-grounding", schema: null, cot: false, fps: 4, maxFrames: null });
  });

  test("a generic one has no system turn, unless somebody gives one", async () => {
    const { model, requests } = fakeModel();
    await model({ source: "a.jpg" });
    await model({ source: "a.jpg", systemPrompt: "Be brief." });
    await model({ source: "a.jpg", task: "vqa", systemPrompt: "" });
    expect(requests.map(({ messages }) => messages.length)).toEqual([1, 2, 1]);
    expect(requests[1]?.messages[0]?.content).toEqual([{ type: "text", text: "Be brief." }]);
  });

  test("the task of one call does not change the next, also when it fails", async () => {
    const { model, requests } = fakeModel(() => Promise.reject(new Error("no")), { task: "vqa" });
    await model({ source: "a.jpg", task: "freeform" });
    await model({ source: "a.jpg" });
    expect(requests.map(({ task }) => task)).toEqual(["freeform", "vqa"]);
  });

  test("text that does not parse is generic", async () => {
    const { model } = fakeModel(() => rawAnswer('{"vqa":{"answer":"tw', { finishReason: "length" }));
    const [result] = await model({ source: "a.jpg", task: "vqa" });
    expect(result).toMatchObject({ kind: "generic", result: '{"vqa":{"answer":"tw', finishReason: "length" });
  });

  test("cot: suffix, cap, thinking", async () => {
    const { model, requests } = fakeModel('<think>why </think><answer>{"vqa":{"answer":"two"}}</answer>');
    const [result] = await model({ source: "a.jpg", task: "vqa", cot: true });
    expect(requests[0]?.messages[0]?.content).toEqual([
      { type: "text", text: taskDefinitions.vqa.systemPrompt + cotSuffix },
    ]);
    expect(requests[0]).toMatchObject({ cot: true, generationConfig: { maxNewTokens: 4096 } });
    expect(result).toMatchObject({ kind: "vqa", thinking: "why", result: { answer: "two" } });
  });

  test("cot of a plain answer: the result is the answer without its tags", async () => {
    const { model } = fakeModel("<think>why</think><answer>two</answer>");
    const [result] = await model({ source: "a.jpg", cot: true });
    expect(result).toMatchObject({ kind: "generic", thinking: "why", result: "two" });
    expect(result?.rawOutput).toBe("<think>why</think><answer>two</answer>");
  });

  test("a video part has its sampling; freeform becomes video-freeform", async () => {
    const { model, requests } = fakeModel();
    await model({ source: "clip.mp4", task: "freeform", fps: 2, maxFrames: 8 });
    expect(requests[0]?.task).toBe("video-freeform");
    expect(requests[0]?.messages[1]?.content[0]).toMatchObject({ type: "video", fps: 2, maxFrames: 8 });
    expect(userText(requests[0])).toMatchObject({ text: "Analyze and describe this video in detail." });
  });

  test("boxes of a checkpoint with another coordinate space", async () => {
    const text = '{"phrase_grounding":{"sentence":"A","groundings":[{"phrase":"A","grounding":[[700,350,1400,700]]}]}}';
    const { model } = fakeModel(() => rawAnswer(text, { resizedSizes: [{ width: 1400, height: 700 }] }), {
      coordinateSpace: "pixels",
    });
    const [result] = await model({ source: "a.jpg", task: "phrase-grounding" });
    expect(result?.result).toMatchObject({ groundings: [{ grounding: [[512, 512, 1024, 1024]] }] });
    expect(result).toMatchObject({ kind: "phrase-grounding", coordinateSpace: "pixels" });
  });

  test("the checkpoint's settings are merged, the caller's own are passed beside them", async () => {
    const { model, requests } = fakeModel("x", { generationConfig: { topK: 5, stopTokenIds: [9] } });
    await model({ source: "a.jpg", generationConfig: { maxNewTokens: 7 } });
    expect(requests[0]?.generationConfig).toMatchObject({ topK: 5, maxNewTokens: 7, stopTokenIds: [9] });
    expect(requests[0]?.requestedGenerationConfig).toEqual({ maxNewTokens: 7 });
  });

  test("sets and generators are lists, one without end has a limit, bytes are one source", async () => {
    const { model } = fakeModel();
    function* twice() {
      yield "a.jpg";
      yield "b.jpg";
    }
    for (const source of [new Set(["a.jpg", "b.jpg"]), twice()]) expect(await model({ source })).toHaveLength(2);
    function* endless() {
      for (;;) yield "a.jpg";
    }
    expect(() => model({ source: endless() })).toThrow("at most 1000000 entries");
    const [, error] = await model({ source: new Uint8Array([0xff, 0xd8, 0xff]) });
    expect(error).toBeNull();
  });

  test("a list of one prompt fits one source", async () => {
    const { model, requests } = fakeModel();
    await model({ source: "a.jpg", userPrompt: ["one"] });
    expect(userText(requests[0])).toEqual({ type: "text", text: "one" });
  });
});

describe("a chat", () => {
  test("replaces source and prompts", async () => {
    const { model, requests } = fakeModel("x", { task: "vqa" });
    const [result] = await model({
      systemPrompt: "ignored",
      messages: [
        {
          role: "user",
          content: [
            { type: "image", source: "a.jpg" },
            { type: "text", text: "What?" },
          ],
        },
        { role: "assistant", content: "A dog." },
        { role: "user", content: "Which?" },
      ],
    });
    expect(requests[0]?.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    expect(requests[0]?.messages[2]).toEqual({ role: "user", content: [{ type: "text", text: "Which?" }] });
    expect(result?.prompt).toBe("Which?");
  });

  test("tool calls reach a model that takes them; another refuses the chat at once", async () => {
    const toolCalls = [{ id: "1", name: "look_up", arguments: { x: 1 }, argumentsText: '{"x":1}' }];
    const messages = [
      { role: "user", content: "?" },
      { role: "assistant", content: "", toolCalls },
      { role: "tool", content: "42", toolCallId: "1" },
    ] as const;
    const reply = (): Answer => rawAnswer("", { finishReason: "tool-calls", toolCalls });
    const { model, requests } = fakeModel(reply, {}, { takesToolCalls: true });
    const [result] = await model({ messages });
    expect(result).toMatchObject({ kind: "generic", finishReason: "tool-calls", toolCalls });
    expect(requests[0]?.messages.slice(1)).toMatchObject([{ toolCalls }, { toolCallId: "1" }]);
    expect(() => fakeModel().model({ messages })).toThrow("takes no tools");
  });

  test("cot is added to its system turn, or begins it", async () => {
    const { model, requests } = fakeModel();
    const turn = { role: "user", content: "Hi" } as const;
    await model({ messages: [{ role: "system", content: "Be brief." }, turn], cot: true });
    await model({ messages: [turn], cot: true });
    expect(requests.map(({ messages }) => messages[0]?.content)).toEqual([
      [{ type: "text", text: `Be brief.${cotSuffix}` }],
      [{ type: "text", text: cotSuffix }],
    ]);
  });

  test("frames that are sampled already", async () => {
    const { model, requests } = fakeModel();
    const frames = ["1.png", "2.png"];
    await model({
      messages: [
        { role: "user", content: [{ type: "video", frames, fps: 30, frameIndices: [0, 15], totalFrames: 60 }] },
      ],
    });
    await model({ messages: [{ role: "user", content: [{ type: "video", source: "clip.mp4" }] }], fps: 1 });
    const [sampled, file] = requests.map(({ messages }) => messages[0]?.content[0]);
    expect(sampled).toMatchObject({ type: "video", fps: 30, frameIndices: [0, 15], totalFrames: 60 });
    expect(sampled).toHaveProperty("frames.1.path", "2.png");
    expect(file).toMatchObject({ type: "video", fps: 1, maxFrames: null, source: { path: "clip.mp4" } });
  });

  test.each<[unknown, string]>([
    [[], "options.messages must be a list of at least one turn"],
    [[{ role: "usr", content: "x" }], 'options.messages[0].role "usr" is not known. Did you mean "user"?'],
    [[{ role: "user", content: 7 }], "options.messages[0].content must be a text or a list of parts; got 7"],
    [[{ role: "user", content: [{ type: "picture" }] }], 'got "picture"'],
    [[{ role: "user", content: [{ type: "image", source: 7 }] }], "options.messages[0].content[0].source must be"],
    [[{ role: "user", content: [{ type: "image", url: "x" }] }], "options.messages[0].content[0].url is not known"],
    [[{ role: "user", content: [{ type: "text", text: 1 }] }], "content[0].text must be a text"],
    [[{ role: "user", content: [{ type: "video", frames: [] }] }], "content[0].frames must be a list of 1 to"],
    [[{ role: "user", content: [{ type: "video", frames: ["a"], frameIndices: [0, 1] }] }], "one place per frame (1)"],
    [
      [{ role: "user", content: [{ type: "video", frames: ["a", "b"], frameIndices: [5, 1] }] }],
      "frameIndices[1] must be an integer from 5",
    ],
    [[{ role: "user", content: [{ type: "video", frames: ["a", "b"], totalFrames: 1 }] }], "totalFrames must be"],
  ])("%j throws", (messages, message) => {
    expect(() => fakeModel().model({ messages: messages as never })).toThrow(message);
  });
});

describe("a schema", () => {
  const schema = z.object({ mugs: z.number().int() });

  test("is handed on as JSON Schema and types the result", async () => {
    const { model, requests } = fakeModel('{"mugs":2}', { task: "vqa" });
    const [result] = await model({ source: "a.jpg", schema });
    expect(requests[0]?.schema).toMatchObject({ type: "object", properties: { mugs: { type: "integer" } } });
    expect(requests[0]?.messages.length).toBe(1);
    expect(result).toMatchObject({ kind: "structured", result: { mugs: 2 } });
  });

  test("what does not fit is generic", async () => {
    for (const text of ['{"mugs":"two"}', '{"mugs":', "two mugs"]) {
      const [result] = await fakeModel(text).model({ source: "a.jpg", schema });
      expect(result).toMatchObject({ kind: "generic", result: text });
    }
  });

  test("the output of the schema counts, and thinking is split off", async () => {
    const text = '<think>x</think><answer>{"mugs":2}</answer>';
    const doubled = schema.transform(({ mugs }) => mugs * 2);
    const [result] = await fakeModel(text).model({ source: "a.jpg", schema: doubled, cot: true });
    expect(result).toMatchObject({ kind: "structured", result: 4, thinking: "x" });
  });

  test("a bare JSON Schema", async () => {
    const [result] = await fakeModel("[1]").model({ source: "a.jpg", schema: { type: "array" } });
    expect(result).toMatchObject({ kind: "structured", result: [1] });
  });

  test("a text or a number as the whole answer", async () => {
    const answer = async (text: string, schema: z.ZodType | Record<string, unknown>) =>
      (await fakeModel(text).model({ source: "a.jpg", schema }))[0];
    expect(await answer('"see [1]"', z.string())).toMatchObject({ kind: "structured", result: "see [1]" });
    expect(await answer("7", z.number())).toMatchObject({ kind: "structured", result: 7 });
    expect(await answer("7", { type: "array" })).toMatchObject({ kind: "generic", result: "7" });
  });

  test.each<[unknown, string]>([
    [7, "options.schema must be a Standard Schema or a JSON Schema; got 7."],
    [{ "~standard": { version: 1, vendor: "other", validate: () => ({ value: 1 }) } }, "cannot print its JSON Schema"],
    [z.object({ at: z.date() }), "options.schema has no JSON Schema"],
    [{ type: "object", default: 1n }, "is no plain JSON"],
  ])("%# throws", (bad, message) => {
    expect(() => fakeModel().model({ source: "a.jpg", schema: bad as never })).toThrow(message);
  });
});

describe("mistakes throw at once", () => {
  test.each<[unknown, string]>([
    [undefined, "called with one object of options"],
    ["a.jpg", 'got "a.jpg"'],
    [{}, "options.source is missing"],
    [{ source: "a.jpg", prompt: "x" }, 'options.prompt is not known. Did you mean "userPrompt"?'],
    [{ source: "a.jpg", user_prompt: "x" }, 'Did you mean "userPrompt"?'],
    [{ source: "a.jpg", task: "VQA" }, 'options.task "VQA" is not a task. Did you mean "vqa"?'],
    [{ source: "a.jpg", taskType: "grounding" }, "options.taskType"],
    [{ source: "a.jpg", task: "vqa", taskType: "freeform" }, "differ"],
    [{ source: "a.jpg", userPrompt: 7 }, "options.userPrompt must be a text or a list of texts; got 7."],
    [{ source: "a.jpg", userPrompt: ["a", "b"] }, "2 prompts for 1 source"],
    [{ source: ["a.jpg"], userPrompt: [7] }, "options.userPrompt[0] must be a text; got 7."],
    [{ source: ["a.jpg", "b.jpg"], userPrompt: ["a"] }, "1 prompts for 2 sources"],
    [{ source: ["photos", "b.jpg"], userPrompt: ["a"] }, "1 prompts for at least 2 sources"],
    [{ source: ["a.jpg", ["b.jpg"]] }, "options.source[1] must be a path, URL"],
    [{ source: ["a.jpg"], stream: true }, "options.stream works for one source"],
    [{ source: "photos", stream: true }, "options.stream works for one source"],
    [{ source: "a.jpg", generationConfig: { maxTokens: 5 } }, 'Did you mean "maxNewTokens"?'],
    [{ source: "a.jpg", generationConfig: 5 }, "options.generationConfig must be an object; got 5."],
    [{ source: "a.jpg", fps: "fast" }, 'options.fps must be a number from 0 to 1000; got "fast".'],
    [{ source: "a.jpg", maxFrames: 0 }, "options.maxFrames must be an integer from 1"],
    [{ source: "a.jpg", batchSize: "many" }, "options.batchSize must be an integer from 1 to 1024"],
    [{ source: "a.jpg", cot: 1 }, "options.cot must be true or false; got 1."],
    [{ source: "a.jpg", onProgress: true }, "options.onProgress must be a function; got true."],
    [{ source: "a.jpg", signal: {} }, "options.signal must be an AbortSignal; got an object."],
    [{ source: "a.jpg", templateOptions: { f: () => 1 } }, "options.templateOptions must be plain data"],
    [{ source: 7 }, "options.source must be a path"],
  ])("%#: %j", (request, message) => {
    const { model, requests } = fakeModel();
    expect(() => model(request as never)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    expect(() => model(request as never)).toThrow(message);
    expect(requests.length).toBe(0);
  });

  test("undefined and null count as absent", async () => {
    const { model } = fakeModel();
    const [result] = await model({ source: "a.jpg", task: undefined, signal: undefined, userPrompt: null as never });
    expect(result?.kind).toBe("generic");
  });
});

describe("what the world does is the error of the outcome", () => {
  test("errors of the backend, typed or not, thrown or rejected", async () => {
    const failure = new GenerationError("too long");
    expect(await fakeModel(() => Promise.reject(failure)).model({ source: "a.jpg" })).toEqual([null, failure]);
    const sync = fakeModel(
      "",
      {},
      {
        answer: () => {
          throw new TypeError("oops");
        },
      },
    );
    expect((await sync.model({ source: "a.jpg" }))[1]).toMatchObject({ code: "generation", message: "oops" });
  });

  test("a data URI that cannot be decoded", async () => {
    const source = "data:image/png;base64,***";
    const { model } = fakeModel();
    expect((await model({ source }))[1]).toMatchObject({ code: "unsupported-media" });
    await expect(model({ source, stream: true }).finalCompletion()).rejects.toMatchObject({
      code: "unsupported-media",
    });
    const outcomes = await model({ source: [source, "a.jpg"] });
    expect(outcomes.map(([, error]) => error?.code)).toEqual(["unsupported-media", undefined]);
    const messages = [{ role: "user", content: [{ type: "image", source }] }] as const;
    expect((await model({ messages }))[1]).toMatchObject({ code: "unsupported-media" });
  });

  test("an abort before and during", async () => {
    const { model, requests } = fakeModel(untilAborted);
    const [, before] = await model({ source: "a.jpg", signal: AbortSignal.abort("early") });
    expect(before).toMatchObject({ code: "aborted", cause: "early" });
    expect(requests.length).toBe(0);
    const controller = new AbortController();
    const running = model({ source: "a.jpg", signal: controller.signal });
    controller.abort("late");
    expect((await running)[1]).toMatchObject({ code: "aborted", cause: "late" });
    expect(requests.length).toBe(1);
  });
});

describe("a stream", () => {
  test("pieces joined are the raw output, also when the backend says less than all", async () => {
    const { model } = fakeModel((_, { streaming, onText }) => {
      expect(streaming).toBe(true);
      onText('{"vqa":');
      onText("");
      onText('{"answer":');
      return rawAnswer('{"vqa":{"answer":"two"}}');
    });
    const stream = model({ source: "a.jpg", task: "vqa", stream: true });
    const pieces: string[] = [];
    for await (const piece of stream) pieces.push(piece);
    expect(pieces).toEqual(['{"vqa":', '{"answer":', '"two"}}']);
    expect(await stream.finalCompletion()).toMatchObject({ kind: "vqa", result: { answer: "two" } });
  });

  test("break reaches the backend", async () => {
    let signal: AbortSignal | undefined;
    const { model } = fakeModel((request, context) => {
      signal = context.signal;
      context.onText("a");
      return untilAborted(request, context);
    });
    for await (const _ of model({ source: "a.jpg", stream: true })) break;
    expect(signal?.aborted).toBe(true);
  });

  test("nobody listens to a call without stream", async () => {
    const { model } = fakeModel((_, { streaming }) => rawAnswer(String(streaming)));
    expect((await model({ source: "a.jpg" }))[0]?.result).toBe("false");
  });
});

describe("a list", () => {
  const echo: Reply = (request) => {
    if (labelOf(request) === "missing.jpg") throw new SourceNotFoundError("missing");
    return rawAnswer(labelOf(request));
  };
  const texts = (outcomes: readonly Outcome<PredictionResponse>[]): unknown[] =>
    outcomes.map(([result, error]) => result?.result ?? error?.code);

  test("of one, with duplicates, mixed, with a missing file", async () => {
    const { model } = fakeModel(echo);
    expect(texts(await model({ source: ["a.jpg"] }))).toEqual(["a.jpg"]);
    expect(texts(await model({ source: [] }))).toEqual([]);
    const source = ["b.jpg", "photos", "missing.jpg", "a.jpg", "a.jpg", new Uint8Array([1])];
    expect(texts(await model({ source }))).toEqual([
      "b.jpg",
      "photos/a.jpg",
      "photos/b.jpg",
      "source-not-found",
      "a.jpg",
      "a.jpg",
      "1 bytes",
    ]);
  });

  test("a folder gives a list, recursive or not, empty or not readable", async () => {
    const { model } = fakeModel(echo);
    const call = async (source: string, recursive?: true) =>
      texts(await (model({ source, recursive } as never) as unknown as BatchRun<PredictionResponse>));
    expect(await call("photos")).toEqual(["photos/a.jpg", "photos/b.jpg"]);
    expect(await call("photos", true)).toEqual(["photos/a.jpg", "photos/b.jpg", "photos/deep/c.jpg"]);
    expect(await call("a.jpg", true)).toEqual(["a.jpg"]);
    expect(await call("empty")).toEqual(["source-not-found"]);
    expect(texts(await model({ source: ["locked", "a.jpg"] }))).toEqual(["source-not-found", "a.jpg"]);
  });

  test("one prompt for all, or one per source after the folders are expanded", async () => {
    const { model, requests } = fakeModel(echo);
    await model({ source: ["a.jpg", "b.jpg"], userPrompt: "all" });
    await model({ source: ["photos", "c.jpg"], userPrompt: ["1", "2", ""], task: "vqa" });
    expect(requests.map((request) => (userText(request) as { text: string }).text)).toEqual([
      "all",
      "all",
      "1",
      "2",
      "What is in this image?",
    ]);
    const late = model({ source: ["photos"], userPrompt: ["1", "2", "3"] });
    await expect(Promise.resolve(late)).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining("3 prompts for 2 sources"),
    });
  });

  test("runs as many at once as asked, else as the backend says", async () => {
    const peak = async (batchSize: "auto" | number, concurrency?: number): Promise<number> => {
      let running = 0;
      let most = 0;
      const { model } = fakeModel(
        async () => {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          return rawAnswer("x");
        },
        {},
        concurrency === undefined ? {} : { concurrency },
      );
      await model({ source: Array.from({ length: 9 }, () => "a.jpg"), batchSize });
      return most;
    };
    expect([await peak("auto"), await peak("auto", 3), await peak(2, 3)]).toEqual([1, 3, 2]);
  });

  test("entries come with index and source", async () => {
    const { model } = fakeModel(echo);
    const seen: unknown[] = [];
    for await (const { index, source, outcome } of model({ source: ["photos", "c.jpg"] })) {
      seen.push([index, source, outcome[0]?.result]);
    }
    expect(seen).toEqual([
      [0, "photos/a.jpg", "photos/a.jpg"],
      [1, "photos/b.jpg", "photos/b.jpg"],
      [2, "c.jpg", "c.jpg"],
    ]);
  });

  test("progress is told; a listener that throws breaks nothing", async () => {
    const { model } = fakeModel(echo);
    const events: unknown[] = [];
    const onProgress = (event: unknown): void => {
      events.push(event);
      throw new Error("mine");
    };
    await model({ source: ["a.jpg", "missing.jpg"], onProgress, showProgress: false });
    expect(events).toMatchObject([
      { kind: "run", completed: 1, total: 2, succeeded: 1, failed: 0 },
      { kind: "run", completed: 2, total: 2, succeeded: 1, failed: 1, remainingMs: 0 },
    ]);
  });

  test("an abort marks the rest and keeps what is done", async () => {
    const controller = new AbortController();
    const { model } = fakeModel((request) => {
      if (labelOf(request) === "b.jpg") controller.abort("enough");
      return rawAnswer("done");
    });
    const outcomes = await model({ source: ["a.jpg", "b.jpg", "photos"], signal: controller.signal });
    expect(texts(outcomes)).toEqual(["done", "aborted", "aborted", "aborted"]);
    expect(outcomes[3]?.[1]?.cause).toBe("enough");
  });

  test("an abort before the folders were read", async () => {
    const { model } = fakeModel(echo, {}, { expandFolder: () => new Promise(() => undefined) });
    const run = model({ source: ["a.jpg", "photos"], userPrompt: ["1", "2"] });
    run.abort("enough");
    expect(texts(await run)).toEqual(["aborted", "aborted"]);
  });
});

describe("the model itself", () => {
  test("says what it is", () => {
    const { model } = fakeModel();
    expect(model.modelId).toBe("fake");
    expect(model.info).toEqual({ provider: "test" });
  });

  test("close aborts what runs, and later calls have a DisposedError", async () => {
    const { model, backend } = fakeModel(untilAborted);
    const running = model({ source: "a.jpg" });
    const list = model({ source: ["a.jpg", "b.jpg"] });
    const stream = model({ source: "a.jpg", stream: true });
    await new Promise((resolve) => setImmediate(resolve));
    await model.close();
    await model.close();
    expect(backend.close).toHaveBeenCalledTimes(1);
    expect((await running)[1]).toMatchObject({ code: "disposed", message: 'The model "fake" is closed.' });
    expect((await list).map(([, error]) => error?.code)).toEqual(["disposed", "disposed"]);
    await expect(stream.finalCompletion()).rejects.toMatchObject({ code: "disposed" });
    expect((await model({ source: "a.jpg" }))[1]).toMatchObject({ code: "disposed" });
  });

  test("is disposable", async () => {
    const { model, backend } = fakeModel();
    await model[Symbol.asyncDispose]();
    expect(backend.close).toHaveBeenCalledTimes(1);
  });

  test("one signal may end many calls without a warning of Node", async () => {
    const warning = vi.fn();
    process.on("warning", warning);
    const { model } = fakeModel(untilAborted);
    const controller = new AbortController();
    const calls = Array.from({ length: 40 }, () => model({ source: "a.jpg", signal: controller.signal }));
    controller.abort();
    await Promise.all(calls);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", warning);
    expect(warning).not.toHaveBeenCalled();
  });
});
