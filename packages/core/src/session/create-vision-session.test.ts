import { describe, expect, test } from "vitest";
import { createVisionModel } from "../create-vision-model.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { SourceNotFoundError } from "../errors/source-not-found-error.ts";
import type { Answer, AnswerRequest, VisionBackend } from "../model/vision-backend.ts";
import type { VisionModel } from "../model/vision-model.ts";

const timings = { loadMs: 0, visionMs: 0, prefillMs: 0, decodeMs: 0, firstTokenMs: 0 };
const usage = { inputTokens: 1, imageTokens: 0, outputTokens: 1 };

/** A model that answers "reply 1", "reply 2" …, fails when asked to "fail", and never ends an "endless" one. */
function countingModel(): { model: VisionModel; requests: AnswerRequest[] } {
  const requests: AnswerRequest[] = [];
  const backend: VisionBackend = {
    modelId: "counting",
    info: { provider: "test", systemPrompts: { vqa: "Answer as JSON." } },
    isFolder: () => false,
    expandFolder: async () => [],
    async answer(request, { onText, signal }): Promise<Answer> {
      requests.push(request);
      const last = request.messages.at(-1)?.content.at(-1);
      if (last?.type === "text" && last.text === "fail") throw new SourceNotFoundError("no such picture");
      if (last?.type === "text" && last.text === "endless") {
        onText("r");
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      }
      const text = `reply ${requests.length}`;
      for (const piece of text) onText(piece);
      return { text, tokenIds: [1], finishReason: "stop", usage, timings };
    },
    close: async () => undefined,
  };
  return { model: createVisionModel(backend), requests };
}

const rolesOf = ({ messages }: AnswerRequest): string[] => messages.map(({ role }) => role);

describe("a session", () => {
  test("every turn sees the earlier ones, pictures before the text", async () => {
    const { model, requests } = countingModel();
    const chat = model.session({ systemPrompt: "Be brief." });
    const [first] = await chat({ source: "a.png", userPrompt: "What is it?" });
    expect(first?.rawOutput).toBe("reply 1");
    await chat({ source: ["b.png", "c.mp4"], userPrompt: "And these?" });
    expect(rolesOf(requests[1]!)).toEqual(["system", "user", "assistant", "user"]);
    expect(requests[1]!.messages[1]!.content.map(({ type }) => type)).toEqual(["image", "text"]);
    expect(requests[1]!.messages[2]!.content).toEqual([{ type: "text", text: "reply 1" }]);
    expect(requests[1]!.messages[3]!.content.map(({ type }) => type)).toEqual(["image", "video", "text"]);
    expect(chat.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user", "assistant"]);
  });

  test("the task's own system prompt comes first, and cot adds to it", async () => {
    const { model, requests } = countingModel();
    await model.session({ task: "vqa", cot: true })({ userPrompt: "Hi" });
    const [system] = requests[0]!.messages;
    expect(system?.role).toBe("system");
    expect(system?.content[0]).toMatchObject({ text: expect.stringMatching(/^Answer as JSON\..*<think>/s) });
  });

  test("a failed turn leaves no trace, a rollback removes turns", async () => {
    const { model, requests } = countingModel();
    const chat = model.session();
    await chat({ userPrompt: "one" });
    const [result, error] = await chat({ userPrompt: "fail" });
    expect(result).toBeNull();
    expect(error).toBeInstanceOf(SourceNotFoundError);
    await chat({ userPrompt: "two" });
    expect(rolesOf(requests[2]!)).toEqual(["user", "assistant", "user"]);
    chat.rollback();
    expect(chat.messages).toHaveLength(2);
    chat.rollback(1);
    expect(chat.messages).toEqual([]);
    expect(() => chat.rollback(1)).toThrow(InvalidArgumentError);
  });

  test("a streamed turn is remembered when it is over", async () => {
    const { model } = countingModel();
    const chat = model.session();
    const stream = chat({ userPrompt: "one", stream: true });
    let text = "";
    for await (const delta of stream) text += delta;
    expect(text).toBe("reply 1");
    expect(chat.messages.at(-1)).toEqual({ role: "assistant", content: "reply 1" });
    const finished = chat({ userPrompt: "two", stream: true });
    expect((await finished.finalCompletion()).rawOutput).toBe("reply 2");
    expect(chat.messages).toHaveLength(4);
  });

  test("a stream that is left or aborted is not remembered", async () => {
    const { model } = countingModel();
    const chat = model.session();
    for await (const _ of chat({ userPrompt: "endless", stream: true })) break;
    expect(chat.messages).toEqual([]);
    const unused = chat({ userPrompt: "two", stream: true });
    unused.abort();
    await unused.outcome();
    await chat({ userPrompt: "three" });
    expect(chat.messages).toHaveLength(2);
  });

  test("mistakes throw at once", async () => {
    const { model } = countingModel();
    expect(() => model.session({ tusk: "vqa" } as never)).toThrow(/task/);
    const chat = model.session();
    expect(() => chat({ userPrompt: 5 } as never)).toThrow(InvalidArgumentError);
    expect(() => chat({ userPrompt: "a", source: 5 as never })).toThrow(/turn\.source/);
    expect(() => chat({ userPrompt: "a", sorce: "b" } as never)).toThrow(/source/);
    const pending = chat({ userPrompt: "one" });
    expect(() => chat({ userPrompt: "two" })).toThrow(/last turn/);
    expect(() => chat.rollback(0)).toThrow(/last turn/);
    await pending;
    expect(chat.messages).toHaveLength(2);
  });
});
