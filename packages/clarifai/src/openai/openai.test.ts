import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { InvalidArgumentError } from "@ocellus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ClarifaiError } from "../errors/clarifai-error.ts";
import { readCases } from "../golden/recorded-case.ts";
import { OpenAIEndpoint } from "./openai-endpoint.ts";
import { readEventStream } from "./read-event-stream.ts";
import { readTransportText } from "./read-transport-text.ts";
import { mergeToolCalls, parseToolCallDeltas, parseToolCalls } from "./tool-calls.ts";

const recorded = (name: string) => readCases().find((item) => item.case === name)!.result;

describe("tool calls as text", () => {
  it("are read from the recorded answer and from its pieces", () => {
    const calls = parseToolCalls(recorded("llm_tools").value as string);
    expect(calls).toEqual([
      { id: "call_0", type: "function", function: { name: "get_weather", arguments: '{"location": "Bonn"}' } },
    ]);
    const pieces = (recorded("llm_tools_stream").chunks as string[]).map((text) => parseToolCallDeltas(text)!);
    // The recorded model drops the blank between its words.
    const [call] = mergeToolCalls(pieces);
    expect(call!.function.name).toBe("get_weather");
    expect(JSON.parse(call!.function.arguments)).toEqual({ location: "NewYork" });
  });

  it("are told from words", () => {
    for (const text of ["Bonn is a city.", "[1] is a footnote", "[]", "[1, 2]", "{}"])
      expect(parseToolCalls(text)).toBeNull();
  });

  it("are put together by index", () => {
    const merged = mergeToolCalls([
      [{ index: 1, id: "b", function: { name: "g", arguments: "{" } }],
      [
        { index: 0, id: "a", function: { name: "f", arguments: "1" } },
        { index: 1, function: { arguments: "}" } },
      ],
    ]);
    expect(merged.map(({ id, function: of }) => [id, of.name, of.arguments])).toEqual([
      ["a", "f", "1"],
      ["b", "g", "{}"],
    ]);
  });
});

describe("errors inside of successful answers", () => {
  it.each(["openai_error", "openai_bad_endpoint", "openai_bad_json"])("%s", (name) => {
    const text = recorded(name).value as string;
    try {
      readTransportText(text, "x");
      expect.fail("no error");
    } catch (error) {
      const { code, description, details } = JSON.parse(text);
      expect(ClarifaiError.isInstance(error) && [error.statusCode, error.description, error.statusDetails]).toEqual([
        code,
        description,
        details,
      ]);
    }
  });

  it("are not seen where there are none", () => {
    const { $tuple } = recorded("openai").value as { $tuple: string[] };
    expect(readTransportText($tuple[0]!, "x")).toEqual(JSON.parse($tuple[0]!));
    expect(() => readTransportText("no", "x")).toThrow("no JSON");
  });
});

const pieces = async function* (...texts: string[]): AsyncGenerator<Uint8Array, undefined, undefined> {
  for (const text of texts) yield Buffer.from(text);
};
const all = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
};

it("event streams: pieces cut anywhere, comments, several lines, [DONE]", async () => {
  const text = ': hello\r\ndata: {"a":\ndata: "ü"}\n\nevent: x\ndata:2\r\n\r\ndata: [DONE]\n\ndata: late\n\n';
  const bytes = Buffer.from(text);
  for (let size = 1; size < 20; size++) {
    const cut = (async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })();
    expect(await all(readEventStream(cut))).toEqual(['{"a":\n"ü"}', "2"]);
  }
  expect(await all(readEventStream(pieces("data: last")))).toEqual(["last"]);
});

describe("the HTTP endpoint", () => {
  let server: Server;
  let seen: { url: string; authorization: string; body: Record<string, unknown> };
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      seen = {
        url: request.url!,
        authorization: request.headers.authorization!,
        body: JSON.parse(Buffer.concat(parts).toString()),
      };
      if (seen.body.user === "bad") response.writeHead(400).end('{"error":{"message":"no such tool"}}');
      else if (seen.body.stream === true)
        response.end(
          'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: {"code":21313,"description":"Failed","details":"x"}\n\n',
        );
      else response.end('{"choices":[{"message":{"content":"hi"}}]}');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => server.close());
  const open = (): OpenAIEndpoint =>
    new OpenAIEndpoint({
      origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      pat: "lab-pat",
      model: "u/a/models/m",
    });
  const { signal } = new AbortController();

  it("is called with a bearer token and the model's address", async () => {
    expect(await open().complete("/chat/completions", { messages: [] }, signal)).toEqual({
      choices: [{ message: { content: "hi" } }],
    });
    expect(seen).toEqual({
      url: "/v2/ext/openai/v1/chat/completions",
      authorization: "Bearer lab-pat",
      body: { model: "u/a/models/m", messages: [] },
    });
  });

  it("streams, and surfaces an error that comes as an event", async () => {
    const chunks: unknown[] = [];
    const error = await (async () => {
      for await (const chunk of open().stream("/chat/completions", {}, signal)) chunks.push(chunk);
    })().catch((thrown: unknown) => thrown);
    expect(chunks).toEqual([{ choices: [{ delta: { content: "a" } }] }]);
    expect(ClarifaiError.isInstance(error) && error.statusDetails).toBe("x");
  });

  it("reports a refusal with its text", async () => {
    const error = await open()
      .complete("/chat/completions", { user: "bad" }, signal)
      .catch((thrown: unknown) => thrown);
    expect(ClarifaiError.isInstance(error) && [error.status, error.description]).toEqual([400, "no such tool"]);
    expect(InvalidArgumentError.isInstance(error)).toBe(false);
  });
});
