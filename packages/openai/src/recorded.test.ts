import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { silentLogger, unwrap, type VisionModel } from "@ocellus/core";
import { afterEach, describe, expect, test } from "vitest";
import { connectOpenAI } from "./connect-openai.ts";
import type { ServerKind } from "./server/server-kind.ts";
import { type StubServer, startStubServer } from "./testing/stub-server.ts";

const fixture = (path: string): string => fileURLToPath(new URL(`../../../fixtures/${path}`, import.meta.url));
const read = (path: string): unknown => JSON.parse(readFileSync(fixture(path), "utf8"));

interface Exchange {
  readonly request: { readonly body: { messages: { role: string; content: string }[]; [key: string]: unknown } };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
}
interface Shape {
  readonly server: ServerKind;
  readonly source: string;
  readonly stream: boolean;
  readonly status?: number;
  readonly body: string;
  readonly expect?: Readonly<Record<string, unknown>>;
  readonly error?: Readonly<Record<string, unknown>>;
  readonly prefillMs?: number;
  readonly decodeMs?: number;
}

let server: StubServer | null = null;
let model: VisionModel | null = null;
afterEach(async () => {
  await model?.close();
  await server?.close();
});

/** Sends a body in pieces that cut events, lines and characters apart. */
async function sendInPieces(response: ServerResponse, body: string, size: number): Promise<void> {
  const bytes = Buffer.from(body);
  response.socket?.setNoDelay(true);
  for (let at = 0; at < bytes.length; at += size) {
    response.write(bytes.subarray(at, at + size));
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
}

const ask = { source: fixture("images/small.png"), userPrompt: "How many squares are there?" } as const;
const settings = (maxNewTokens: number): object => ({ generationConfig: { maxNewTokens } });

describe("recorded from transformers serve", () => {
  const calls: Readonly<Record<string, object>> = {
    "one-answer": { ...ask, ...settings(48) },
    stream: { ...ask, ...settings(48), task: "vqa", stream: true },
    length: { source: ask.source, task: "phrase-grounding", ...settings(3) },
    "refused-field": { ...ask, generationConfig: { topK: 5 } },
  };
  const expected: Readonly<Record<string, object>> = {
    "one-answer": { kind: "generic", rawOutput: "1", finishReason: "stop" },
    stream: { kind: "vqa", result: { answer: "1" }, finishReason: "stop" },
    length: { kind: "generic", finishReason: "length", usage: { outputTokens: 3 } },
    "refused-field": { code: "api-call", status: 422, serverMessage: expect.stringContaining("top_k") },
  };

  test.each(Object.keys(calls))("%s", async (name) => {
    const exchanges = read(`openai/transformers-serve/${name}.json`) as Exchange[];
    server = await startStubServer(
      async (_, response, attempt) => {
        const { status, headers, body } = exchanges[attempt - 1]!.response;
        response.writeHead(status, headers);
        await sendInPieces(response, body, 7);
      },
      { owner: null },
    );
    const { messages, model: asked } = exchanges[0]!.request.body;
    const system = messages.find(({ role }) => role === "system")?.content ?? "";
    model = connectOpenAI({
      baseUrl: server.baseUrl,
      model: asked as string,
      logger: silentLogger,
      systemPrompts: { vqa: system, "phrase-grounding": system },
    });
    const call = calls[name] as { stream?: true };
    const outcome = call.stream ? await model(call as never).outcome() : await model(call as never);
    const [result, error] = outcome as never as [object | null, Error | null];
    expect(result ?? error).toMatchObject(expected[name]!);
    expect(server.asked.map(({ body }) => body)).toEqual(exchanges.map(({ request }) => request.body));
    expect((error as { requestId?: string } | null)?.requestId).toBe(
      error === null ? undefined : exchanges.at(-1)!.response.headers["x-request-id"],
    );
  });
});

describe("recorded from llama-cpp-python", () => {
  interface Call {
    readonly connect?: object;
    readonly request: { readonly stream?: true };
  }
  const calls = read("openai/llama-cpp-python/calls.json") as Readonly<Record<string, Call>>;
  const toolCalls = [{ name: "look_up", arguments: { n: 515555703151326 }, id: expect.stringContaining("look_up") }];
  const none = { inputTokens: 0, outputTokens: 0 };
  const expected: Readonly<Record<string, object>> = {
    "one-answer": { rawOutput: "\u0456Krko\n", finishReason: "length", usage: { inputTokens: 44, outputTokens: 11 } },
    // It counts no tokens in streams.
    stream: { rawOutput: "\u0456Krko\n|", finishReason: "length", usage: none },
    "stop-string": { rawOutput: '\u0456Krko\n|\u001fl\u0005"^\u02b9k1<T) ', finishReason: "stop" },
    schema: { kind: "structured", result: { n: false }, origin: { constrainedBy: "json-object" } },
    tool: { finishReason: "tool-calls", toolCalls },
    "tool-stream": { finishReason: "tool-calls", toolCalls },
    "too-long": { status: 400, serverMessage: expect.stringContaining("maximum context length is 512") },
  };

  test.each(Object.keys(calls))("%s", async (name) => {
    const exchanges = read(`openai/llama-cpp-python/${name}.json`) as Exchange[];
    server = await startStubServer(
      async (_, response, attempt) => {
        const { status, headers, body } = exchanges[attempt - 1]!.response;
        response.writeHead(status, headers);
        await sendInPieces(response, body, 11);
      },
      { owner: "me" },
    );
    const { connect = {}, request } = calls[name]!;
    model = connectOpenAI({ baseUrl: server.baseUrl, model: "tiny", logger: silentLogger, ...connect });
    const outcome = request.stream ? await model(request as never).outcome() : await model(request as never);
    const [result, error] = outcome as never as [object | null, Error | null];
    expect(result ?? error).toMatchObject(expected[name]!);
    expect(server.asked.map(({ body }) => body)).toEqual(exchanges.map(({ request: { body } }) => body));
  });
});

describe("in the shapes of other servers", () => {
  const shapes = read("openai/shapes.json") as Shape[];

  test.each(shapes.map((shape, index) => [`${shape.server} ${index}`, shape] as const))("%s", async (_, shape) => {
    const type = shape.stream ? "text/event-stream" : "application/json";
    server = await startStubServer(async (_request, response) => {
      response.writeHead(shape.status ?? 200, { "content-type": type });
      await sendInPieces(response, shape.body, 5);
    });
    const { baseUrl } = server;
    model = connectOpenAI({ baseUrl, model: "m", server: shape.server, maxRetries: 0, logger: silentLogger });
    const outcome = shape.stream ? await model({ ...ask, stream: true }).outcome() : await model(ask);
    if (shape.error !== undefined) {
      expect(outcome[1]).toMatchObject(shape.error);
      return;
    }
    const response = unwrap(outcome);
    const { rawOutput, thinking, finishReason, usage } = response;
    expect({ rawOutput, thinking, finishReason, usage }).toEqual(shape.expect);
    if (shape.prefillMs !== undefined) {
      expect(response.timings).toMatchObject({ prefillMs: shape.prefillMs, decodeMs: shape.decodeMs });
    }
  });
});
