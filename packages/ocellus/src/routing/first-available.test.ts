import {
  type Answer,
  type AnswerContext,
  ApiCallError,
  ConnectionError,
  createVisionModel,
  GenerationError,
  InsufficientMemoryError,
  InvalidArgumentError,
  TimeoutError,
  unwrap,
  type VisionModel,
} from "@ocellus/core";
import { expect, test } from "vitest";
import { firstAvailable } from "./first-available.ts";

const answer = (text: string): Answer => ({
  text,
  tokenIds: [],
  finishReason: "stop",
  usage: { inputTokens: 1, imageTokens: 0, outputTokens: 1 },
  timings: { loadMs: 0, visionMs: 0, prefillMs: 0, decodeMs: 0, firstTokenMs: 0 },
});
type Reply = (context: AnswerContext, calls: number) => Answer | Promise<Answer>;

function model(name: string, reply: Reply, provider = "test"): VisionModel & { readonly calls: () => number } {
  let calls = 0;
  const made = createVisionModel({
    modelId: name,
    info: { provider },
    isFolder: () => false,
    expandFolder: async () => [],
    answer: async (_, context) => {
      calls += 1;
      return await reply(context, calls);
    },
    close: async () => undefined,
  });
  return Object.assign(made, { calls: () => calls });
}
const failing = (error: Error, provider = "test") => model("first", () => Promise.reject(error), provider);
const busy = new ApiCallError("busy", { status: 503, url: "http://a" });
const refused = new ConnectionError("no", { cause: Object.assign(new Error("refused"), { code: "ECONNREFUSED" }) });
const ask = { source: "a.jpg", userPrompt: "?" };

test("the first that can answers, and the response says who", async () => {
  for (const error of [busy, refused]) {
    const second = model("second", () => answer("yes"));
    const result = unwrap(await firstAvailable([failing(error), second])(ask));
    expect(result).toMatchObject({ rawOutput: "yes", origin: { provider: "test", modelId: "second" } });
  }
  const memory = new InsufficientMemoryError("full", { requiredBytes: 2, availableBytes: 1 });
  const local = failing(memory, "local");
  expect(unwrap(await firstAvailable([local, model("second", () => answer("yes"))])(ask)).rawOutput).toBe("yes");
  const first = model("first", () => answer("at once"));
  const second = model("second", () => answer("never"));
  expect(unwrap(await firstAvailable([first, second])(ask)).origin?.modelId).toBe("first");
  expect(second.calls()).toBe(0);
});

test("a question that may have been charged, or is wrong itself, is not asked again", async () => {
  const mayBeCharged = [
    new TimeoutError("late", { timeoutMs: 1 }),
    new ConnectionError("reset", { cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }) }),
    new ApiCallError("broken", { status: 500, url: "http://a" }),
  ];
  for (const error of mayBeCharged) {
    const second = model("second", () => answer("yes"));
    expect((await firstAvailable([failing(error), second])(ask))[1]).toBe(error);
    expect(second.calls()).toBe(0);
    expect(unwrap(await firstAvailable([failing(error), second], { mayChargeTwice: true })(ask)).rawOutput).toBe("yes");
  }
  for (const error of [new GenerationError("bad"), new ApiCallError("key", { status: 401, url: "http://a" })]) {
    const second = model("second", () => answer("yes"));
    expect((await firstAvailable([failing(error), second], { mayChargeTwice: true })(ask))[1]).toBe(error);
  }
});

test("a stream goes on elsewhere only while nothing has come", async () => {
  const second = (): VisionModel =>
    model("second", ({ onText }) => {
      onText("ye");
      return answer("yes");
    });
  const stream = firstAvailable([failing(busy), second()])({ ...ask, stream: true });
  let text = "";
  for await (const delta of stream) text += delta;
  expect(text).toBe("yes");
  expect((await stream.finalCompletion()).origin?.modelId).toBe("second");

  const half = model("first", ({ onText }) => {
    onText("half");
    throw busy;
  });
  const spoiled = firstAvailable([half, second()])({ ...ask, stream: true });
  expect((await spoiled.outcome())[1]).toBe(busy);
  const unused = firstAvailable([half, second()]);
  expect(() => unused({ ...ask, stream: true, task: "nonsense" as never })).toThrow(InvalidArgumentError);
});

test("entries of a list are rescued one by one, with their own prompts", async () => {
  const first = model("first", (_, calls) => {
    if (calls % 2 === 0) throw busy;
    return answer("first");
  });
  const prompts: unknown[] = [];
  const second = model("second", () => answer("second"));
  const spied = Object.assign((request: { userPrompt: unknown }) => {
    prompts.push(request.userPrompt);
    return (second as unknown as (request: unknown) => unknown)(request);
  }, second) as unknown as VisionModel;
  const run = firstAvailable([first, spied])({
    source: ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"],
    userPrompt: ["a", "b", "c", "d", "e"],
    batchSize: 1,
  });
  const seen = new Map<number, string>();
  for await (const { index, outcome } of run) seen.set(index, unwrap(outcome).origin!.modelId);
  const expected = ["first", "second", "first", "second", "first"];
  expect((await run).map((outcome) => unwrap(outcome).rawOutput)).toEqual(expected);
  expect([...seen].toSorted(([a], [b]) => a - b).map(([, id]) => id)).toEqual(expected);
  expect(prompts).toEqual(["b", "d"]);
});

test("an aborted run is not asked elsewhere, and mistakes throw", async () => {
  const second = model("second", () => answer("second"));
  const routed = firstAvailable([failing(busy), second]);
  const outcomes = await routed({ source: ["a.jpg"], userPrompt: "?", signal: AbortSignal.abort() });
  expect(outcomes[0]![1]?.code).toBe("aborted");
  expect(second.calls()).toBe(0);
  expect(() => firstAvailable([])).toThrow(InvalidArgumentError);
  expect(() => firstAvailable([{} as never])).toThrow(InvalidArgumentError);
  expect(() => firstAvailable([second], { mayChargTwice: true } as never)).toThrow(/mayChargeTwice/);
  await routed.close();
  expect((await second(ask))[1]?.code).toBe("disposed");
});
