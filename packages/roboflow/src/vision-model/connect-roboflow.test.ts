import { unwrap } from "@ocellus/core";
import { afterEach, describe, expect, test } from "vitest";
import { closeAll, serveJson } from "../testing/listen.ts";
import { connectRoboflow } from "./connect-roboflow.ts";

afterEach(closeAll);
const pixels = { data: new Uint8Array(12), width: 2, height: 2, channels: 3 };

describe("a vision-language model", () => {
  test("answers a picture and a prompt; options reach the request", async () => {
    const { url, requests } = await serveJson(() => ({ response: '{"vqa": {"answer": "two mugs"}}', time: 1 }));
    await using model = connectRoboflow({ modelId: "qwen3vl-2b-instruct", apiUrl: url, apiKey: "k" });
    const response = unwrap(
      await model({
        source: pixels,
        userPrompt: "How many?",
        systemPrompt: "Be brief.",
        task: "vqa",
        generationConfig: { maxNewTokens: 9 },
      }),
    );
    expect(response).toMatchObject({ kind: "vqa", result: { answer: "two mugs" } });
    const body = JSON.parse(requests[0]!.slice("POST /infer/lmm ".length)) as Record<string, unknown>;
    expect(body).toMatchObject({ model_id: "qwen3vl-2b-instruct", max_new_tokens: 9, api_key: "k" });
    expect(body.prompt).toMatch(/^Be brief\..*How many\?$/s);
  });

  test("streams, lists, and JSON answers", async () => {
    const { url } = await serveJson((_path, _body, count) => ({ response: { caption: `picture ${count}` } }));
    await using model = connectRoboflow({ modelId: "florence-2-base", apiUrl: url });
    let text = "";
    for await (const piece of model({ source: pixels, userPrompt: "<CAPTION>", stream: true })) text += piece;
    expect(text).toBe('{"caption":"picture 1"}');
    const outcomes = await model({ source: [pixels, pixels], userPrompt: "<CAPTION>", batchSize: 1 });
    expect(outcomes.map(([result]) => result?.rawOutput)).toEqual([
      '{"caption":"picture 2"}',
      '{"caption":"picture 3"}',
    ]);
  });

  test("a server error is the error of the outcome; a chat that goes on is refused", async () => {
    await using model = connectRoboflow({ modelId: "m", apiUrl: "http://127.0.0.1:9" });
    const [, error] = await model({ source: pixels, userPrompt: "x", signal: AbortSignal.abort() });
    expect(error?.code).toBe("aborted");
    const [, refused] = await model({
      messages: [
        { role: "user", content: [{ type: "image", source: pixels }] },
        { role: "assistant", content: "a" },
        { role: "user", content: "b" },
      ],
    });
    expect(refused?.code).toBe("invalid-argument");
  });
});

describe("a workflow", () => {
  test("by name, with its own input and output names", async () => {
    const { url, requests } = await serveJson(() => ({ outputs: [{ text: "a desk", other: "x" }] }));
    await using model = connectRoboflow({
      workflow: "ws/describe",
      imageInput: "photo",
      promptInput: "question",
      output: "text",
      apiUrl: url,
    });
    expect(unwrap(await model({ source: pixels, userPrompt: "What?" })).rawOutput).toBe("a desk");
    expect(requests[0]).toMatch(/^POST \/ws\/workflows\/describe /);
    expect(requests[0]).toMatch(/"photo":\{"type":"base64".*"question":"[^"]*What\?"/);
  });

  test("by specification: its only text; none or several must be named", async () => {
    let outputs: unknown[] = [{ n: 1, text: "yes" }];
    const { url } = await serveJson(() => ({ outputs }));
    await using model = connectRoboflow({ workflow: { version: "1.0" }, apiUrl: url });
    expect(unwrap(await model({ source: pixels, userPrompt: "?" })).rawOutput).toBe("yes");
    outputs = [{ a: "1", b: "2" }];
    const [, error] = await model({ source: pixels, userPrompt: "?" });
    expect(error?.message).toContain("connectRoboflow({ output })");
  });
});

test("mistakes throw at once", () => {
  expect(() => connectRoboflow({})).toThrow("either options.modelId or options.workflow");
  expect(() => connectRoboflow({ modelId: "a", workflow: "b/c" })).toThrow("either");
  expect(() => connectRoboflow({ workflow: "b" })).toThrow('"workspace/workflow-id"');
  expect(() => connectRoboflow({ model: "b" } as never)).toThrow("modelId");
  expect(() => connectRoboflow({ modelId: "a", apiUrl: "localhost" })).toThrow("apiUrl");
});
