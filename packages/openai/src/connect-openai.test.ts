import { readFile } from "node:fs/promises";
import { ApiCallError, ConnectionError, InvalidArgumentError, unwrap } from "@ocellus/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ChatApiError } from "./chat/chat-api-error.ts";
import { connectNim } from "./connect-nim.ts";
import { connectOpenAI } from "./connect-openai.ts";
import { ask, closers, connect, fixture, picture } from "./testing/connect-stub.ts";
import {
  answering,
  beginStream,
  completion,
  endOfStream,
  type StubServer,
  sendJson,
  textEvent,
} from "./testing/stub-server.ts";

afterEach(() => void vi.unstubAllEnvs());

const mediaOf = (server: StubServer, index = 0): { type: string; [key: string]: unknown }[] =>
  server.asked[index]!.body.messages.at(-1).content;

describe("a question on the wire", () => {
  test("has the picture as data, the documented settings and nothing else", async () => {
    const { model, server } = await connect(answering("A square."), { apiKey: "key-1234" });
    const response = unwrap(await model(ask));
    const { body, headers } = server.asked[0]!;
    expect(headers.authorization).toBe("Bearer key-1234");
    const data = `data:image/png;base64,${(await readFile(picture)).toString("base64")}`;
    expect(body).toEqual({
      model: "tiny",
      messages: [
        {
          role: "user",
          content: [
            { type: "image_url", image_url: { url: data } },
            { type: "text", text: "What is it?" },
          ],
        },
      ],
      max_tokens: 1024,
      temperature: 0,
    });
    expect(response).toMatchObject({
      kind: "generic",
      result: "A square.",
      finishReason: "stop",
      usage: { inputTokens: 12, outputTokens: 3, imageTokens: 0 },
      origin: { provider: "openai", modelId: "tiny", requestId: "chatcmpl-1" },
    });
    expect(JSON.parse(JSON.stringify(response))).toEqual(response);
  });

  test("carries what the caller set, by the server's names", async () => {
    const generationConfig = {
      maxNewTokens: 7,
      doSample: true,
      temperature: 0.5,
      topP: 0.9,
      topK: 0,
      minP: 0.1,
      minNewTokens: 2,
      repetitionPenalty: 1.1,
      seed: 3,
      stopStrings: ["END"],
    };
    const expected = { max_tokens: 7, temperature: 0.5, top_p: 0.9, top_k: -1, min_p: 0.1, min_tokens: 2, seed: 3 };
    const first = await connect(answering("x"), { extraBody: { user: "me" } }, { owner: "vllm" });
    unwrap(await first.model({ ...ask, generationConfig, templateOptions: { enable_thinking: false } }));
    expect(first.server.asked[0]!.body).toMatchObject({
      ...expected,
      repetition_penalty: 1.1,
      stop: ["END"],
      user: "me",
      chat_template_kwargs: { enable_thinking: false },
    });
    const second = await connect(answering("x"), {}, { owner: "llamacpp" });
    unwrap(await second.model({ ...ask, generationConfig: { repetitionPenalty: 1.1 } }));
    expect(second.server.asked[0]!.body.repeat_penalty).toBe(1.1);
    const [, error] = await second.model({ ...ask, generationConfig: { noRepeatNgramSize: 2 } });
    expect(InvalidArgumentError.isInstance(error)).toBe(true);
  });

  test("pictures that servers misread are sent as upright PNG", async () => {
    const { model, server } = await connect(answering("x"));
    const sources = ["decode/lossy.webp", "decode/rgb24.bmp", "decode/grey.tif", "decode/orientation-6.jpg"];
    for (const name of sources) unwrap(await model({ source: fixture(name), userPrompt: "?" }));
    unwrap(await model({ source: fixture("decode/orientation-1.jpg"), userPrompt: "?" }));
    unwrap(await model({ source: { data: new Uint8Array(12), width: 2, height: 2, channels: 3 }, userPrompt: "?" }));
    const starts = server.asked.map((_, index) => String((mediaOf(server, index)[0] as never as Part).image_url.url));
    expect(starts.map((url) => url.slice(0, 16))).toEqual([
      ...sources.map(() => "data:image/png;b"),
      "data:image/jpeg;",
      "data:image/png;b",
    ]);
    // orientation-6 is stored 90° off: width and height of the sent PNG are those of the upright picture.
    const sent = Buffer.from(starts[3]!.split(",")[1]!, "base64");
    const stored = Buffer.from(starts[4]!.split(",")[1]!, "base64");
    expect([sent.readUInt32BE(16), sent.readUInt32BE(20)]).toEqual(jpegSize(stored));
  });

  test("addresses travel as asked", async () => {
    const source = "https://pictures.example/desk.jpg";
    const { model, server } = await connect(answering("x"), { imageTransport: "url" });
    unwrap(await model({ source, userPrompt: "?" }));
    expect(mediaOf(server)[0]).toEqual({ type: "image_url", image_url: { url: source } });
    const [, error] = await model(ask);
    expect(InvalidArgumentError.isInstance(error)).toBe(true);
  });

  test("an address below private networks is not fetched unless allowed", async () => {
    const { model, server } = await connect(answering("x"));
    const [, error] = await model({ source: `${server.baseUrl}/secret.png`, userPrompt: "?" });
    expect(ConnectionError.isInstance(error)).toBe(true);
    expect(server.asked).toHaveLength(0);
  });

  test("a video goes as video_url to vLLM, as frames to the others", async () => {
    const source = fixture("videos/animation.gif");
    const video = { type: "video", source, fps: 4 } as const;
    const content = [video, { type: "text", text: "What happens?" }] as const;
    const vllm = await connect(answering("x"), {}, { owner: "vllm" });
    unwrap(await vllm.model({ messages: [{ role: "user", content }] }));
    expect(mediaOf(vllm.server)[0]).toMatchObject({ type: "video_url" });
    const ollama = await connect(answering("x"), {}, { owner: "library" });
    unwrap(await ollama.model({ messages: [{ role: "user", content }], maxFrames: 2 }));
    const parts = mediaOf(ollama.server);
    expect(parts.map(({ type }) => type)).toEqual(["image_url", "image_url", "text"]);
    const refusing = await connect(
      ({ body }, response) =>
        JSON.stringify(body).includes("video_url")
          ? sendJson(response, { error: { message: "unsupported content[].type" } }, 400)
          : sendJson(response, completion("x")),
      {},
      { owner: "vllm" },
    );
    unwrap(await refusing.model({ messages: [{ role: "user", content }] }));
    unwrap(await refusing.model({ messages: [{ role: "user", content }] }));
    // Refused once; remembered.
    expect(refusing.server.asked).toHaveLength(3);
  });
});

interface Part {
  readonly image_url: { readonly url: string };
}

/** Height and width as stored, swapped: what an upright picture of orientation 6 has. */
function jpegSize(bytes: Buffer): number[] {
  let at = 2;
  while (![0xc0, 0xc1, 0xc2].includes(bytes[at + 1]!)) at += 2 + bytes.readUInt16BE(at + 2);
  return [bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7)];
}

describe("the form of an answer", () => {
  const vqa = '{"vqa":{"answer":"A square"}}';

  test("is constrained by a closed JSON Schema and recorded", async () => {
    const { model, server } = await connect(answering(vqa), {}, { owner: "openai" });
    const response = unwrap(await model({ ...ask, task: "vqa" }));
    expect(response).toMatchObject({
      kind: "vqa",
      result: { answer: "A square" },
      origin: { constrainedBy: "json-schema-strict" },
    });
    const { json_schema } = server.asked[0]!.body.response_format;
    expect(json_schema).toMatchObject({ strict: true, schema: { required: ["vqa"], additionalProperties: false } });
  });

  test("falls back step by step, and remembers what works", async () => {
    const { model, server } = await connect(({ body }, response) => {
      if (body.response_format !== undefined) {
        return sendJson(response, { error: { message: "response_format is not supported" } }, 400);
      }
      sendJson(response, completion(vqa));
    });
    for (let times = 0; times < 2; times += 1) {
      expect(unwrap(await model({ ...ask, task: "vqa" })).origin?.constrainedBy).toBe("guided-json");
    }
    const forms = server.asked.map(({ body }) => body.response_format?.json_schema.strict ?? Object.keys(body).length);
    expect(server.asked).toHaveLength(4);
    expect(server.asked[2]!.body.guided_json).toMatchObject({ required: ["vqa"] });
    expect(forms.slice(2)).toEqual([forms[2], forms[2]]);
    expect(server.probes).toHaveLength(1);
  });

  test("a server that takes nothing is asked by the prompt", async () => {
    const schema = { type: "object", properties: { count: { type: "integer" } }, required: ["count"] };
    const { model, server } = await connect(({ body }, response) => {
      if (body.response_format ?? body.guided_json ?? body.nvext) {
        return sendJson(response, { detail: "Extra inputs are not permitted" }, 422);
      }
      sendJson(response, completion('{"count":3}'));
    });
    const response = unwrap(await model({ ...ask, schema }));
    expect(response).toMatchObject({ kind: "structured", result: { count: 3 }, origin: { constrainedBy: "prompt" } });
    const { messages } = server.asked.at(-1)!.body;
    expect(messages[0]).toMatchObject({ role: "system", content: expect.stringContaining(JSON.stringify(schema)) });
  });

  test("a constraint without effect is recorded as such and not used again", async () => {
    const { model, server } = await connect(
      ({ body }, response) => sendJson(response, completion(body.nvext === undefined ? "A square." : vqa)),
      { server: "nim" },
    );
    const first = unwrap(await model({ ...ask, task: "vqa" }));
    expect(first).toMatchObject({ kind: "generic", origin: { constrainedBy: "prompt" } });
    const second = unwrap(await model({ ...ask, task: "vqa" }));
    expect(second).toMatchObject({ kind: "vqa", origin: { constrainedBy: "guided-json" } });
    expect(server.asked).toHaveLength(2);
  });

  test("a refusal that no other form heals is the error, the first one", async () => {
    const messages = ["maximum context length is 8192", "no", "something else"];
    const { model, server } = await connect((_, response, attempt) =>
      sendJson(response, { error: { message: messages[Math.min(attempt, 3) - 1] } }, 400),
    );
    const tooLong = (await model({ ...ask, task: "vqa" }))[1];
    expect(tooLong?.message).toContain("context length");
    expect(server.asked).toHaveLength(1);
    const unclear = (await model({ ...ask, task: "vqa" }))[1];
    expect(unclear?.message).toMatch(/400 Bad Request: no$/);
    expect(server.asked).toHaveLength(5);
  });

  test("thinking is asked for by the prompt and taken from the reasoning of the server", async () => {
    const { model, server } = await connect(({ body }, response) => {
      if (body.stream !== true) {
        const message = { content: `<answer>${vqa}</answer>`, reasoning_content: "Four sides." };
        return sendJson(response, completion("", { choices: [{ message, finish_reason: "stop" }] }));
      }
      beginStream(response);
      for (const delta of [{ reasoning: "Four " }, { reasoning: "sides." }, { content: `<answer>${vqa}</answer>` }]) {
        response.write(`data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`);
      }
      response.end(endOfStream);
    });
    const whole = unwrap(await model({ ...ask, task: "vqa", cot: true }));
    expect(whole).toMatchObject({ kind: "vqa", thinking: "Four sides.", origin: { constrainedBy: "prompt" } });
    expect(server.asked[0]!.body).not.toHaveProperty("response_format");
    expect(server.asked[0]!.body.max_tokens).toBe(4096);
    const streamed = await model({ ...ask, task: "vqa", cot: true, stream: true }).finalCompletion();
    expect(streamed.rawOutput).toBe(whole.rawOutput);
    expect(streamed.thinking).toBe("Four sides.");
  });
});

describe("servers that differ", () => {
  test("max_tokens, temperature and stream_options give way where they are refused", async () => {
    const { model, server } = await connect(({ body }, response) => {
      const refuse = (message: string): void => sendJson(response, { error: { message } }, 400);
      if (body.max_tokens) return refuse("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.");
      if (body.temperature === 0) return refuse("'temperature' does not support 0 with this model.");
      if (body.stream_options) return refuse("Unexpected field: stream_options");
      beginStream(response);
      response.end(textEvent("ok") + endOfStream);
    });
    const response = await model({ ...ask, stream: true }).finalCompletion();
    expect(response.rawOutput).toBe("ok");
    expect(server.asked).toHaveLength(4);
    // What the caller set himself is never left out.
    const [, error] = await model({ ...ask, generationConfig: { temperature: 0 } });
    expect(ApiCallError.isInstance(error)).toBe(true);
  });

  test("the stop text that was met, cached tokens and llama.cpp's times are read", async () => {
    const { model } = await connect((_, response) =>
      sendJson(
        response,
        completion("x", {
          choices: [{ message: { content: [{ type: "text", text: "x" }] }, finish_reason: "stop", stop_reason: "END" }],
          usage: { prompt_tokens: 9, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 4 } },
          timings: { prompt_ms: 5, predicted_ms: 6 },
        }),
      ),
    );
    expect(unwrap(await model(ask))).toMatchObject({
      rawOutput: "x",
      finishReason: "stop-string",
      usage: { inputTokens: 9, cachedTokens: 4 },
      timings: { prefillMs: 5, decodeMs: 6 },
    });
  });

  test("without a name the only model is taken; several are listed in the error", async () => {
    const { model } = await connect(answering("x"), {}, { models: ["one", "two"] });
    const [, error] = await model(ask);
    expect(error?.message).toContain("has 2: one, two");
    const hidden = await connect(answering("x"), { model: "mine" }, { owner: null });
    unwrap(await hidden.model(ask));
    expect(hidden.server.asked[0]!.body.model).toBe("mine");
  });
});

describe("mistakes and keys", () => {
  test("wrong options throw at once", () => {
    expect(() => connectOpenAI({ baseUrl: "localhost:8000" })).toThrow(InvalidArgumentError);
    expect(() => connectOpenAI({ baseUrl: "http://user:secret@localhost/v1" })).toThrow(/no user name/);
    expect(() => connectOpenAI({ baseURL: "http://localhost" } as never)).toThrow(/baseUrl/);
    expect(() => connectOpenAI({ imageTransport: "base64" as never })).toThrow(/data-url/);
    expect(() => connectOpenAI({ coordinateSpace: "pixels" as never })).toThrow(/pixels/);
    expect(() => connectNim({ port: 8000, baseUrl: "http://localhost:8000" })).toThrow(/not both/);
  });

  test("the key of the environment goes to its own service only", async () => {
    vi.stubEnv("OPENAI_API_KEY", "env-key-1");
    vi.stubEnv("NVIDIA_API_KEY", "nvapi-123456");
    const { model, server } = await connect(answering("x"));
    unwrap(await model(ask));
    const nim = connectNim({ baseUrl: server.baseUrl });
    closers.push(() => nim.close());
    expect(unwrap(await nim(ask)).origin?.provider).toBe("nim");
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
    vi.stubEnv("OPENAI_BASE_URL", server.baseUrl);
    const own = connectOpenAI();
    closers.push(() => own.close());
    unwrap(await own(ask));
    expect(server.asked.at(-1)!.headers.authorization).toBe("Bearer env-key-1");
  });

  test("an error names status, request and what the server said, but not the key", async () => {
    const { model } = await connect(
      (_, response) =>
        sendJson(response, { error: { message: "Incorrect key zz-top-9." } }, 401, { "x-request-id": "req-7" }),
      { apiKey: "zz-top-9" },
    );
    const [, error] = await model(ask);
    expect(error).toBeInstanceOf(ChatApiError);
    expect(error).toMatchObject({ code: "api-call", status: 401, requestId: "req-7", isRetryable: false });
    expect(error!.message).toContain("Incorrect key ***.");
    expect(JSON.stringify(error)).not.toContain("zz-top-9");
  });
});
