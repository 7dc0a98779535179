import { InvalidArgumentError, type ToolDefinition, unwrap } from "@ocellus/core";
import { describe, expect, test } from "vitest";
import { connectOpenAI } from "./connect-openai.ts";
import { ask, connect } from "./testing/connect-stub.ts";
import { beginStream, completion, sendJson } from "./testing/stub-server.ts";

const weather: ToolDefinition = {
  name: "get_weather",
  description: "Weather of a place",
  parameters: { type: "object", properties: { place: { type: "string" } }, required: ["place"] },
};
const lookUp: ToolDefinition = { name: "look_up" };
const call = (id: string, name: string, text: string) => ({
  id,
  type: "function",
  function: { name, arguments: text },
});
const asking = (toolCalls: unknown, finishReason = "tool_calls", content: string | null = null) =>
  completion("", { choices: [{ message: { content, tool_calls: toolCalls }, finish_reason: finishReason }] });
/** The events of a stream whose deltas have these pieces of calls. */
const events = (...pieces: (object | null)[][]): string =>
  pieces
    .map((toolCalls) => `data: ${JSON.stringify({ choices: [{ delta: { tool_calls: toolCalls } }] })}\n\n`)
    .join("");
const end = (reason: string): string =>
  `data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: reason }] })}\n\ndata: [DONE]\n\n`;

describe("tools", () => {
  test("are declared; what the model asks for is the response; its result goes on", async () => {
    const { model, server } = await connect(
      (_, response, attempt) =>
        sendJson(
          response,
          attempt === 1
            ? asking([call("c1", "get_weather", '{"place":"Oslo"}'), call("c2", "look_up", "")])
            : completion("Rain."),
        ),
      { tools: [weather, lookUp], toolChoice: { name: "get_weather" } },
    );
    const first = unwrap(await model(ask));
    expect(first).toMatchObject({ kind: "generic", result: "", finishReason: "tool-calls" });
    expect(first.toolCalls).toEqual([
      { id: "c1", name: "get_weather", arguments: { place: "Oslo" }, argumentsText: '{"place":"Oslo"}' },
      { id: "c2", name: "look_up", arguments: {}, argumentsText: "" },
    ]);
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
    const { tools, tool_choice } = server.asked[0]!.body;
    expect(tools).toEqual([
      { type: "function", function: weather },
      { type: "function", function: { name: "look_up", parameters: { type: "object", properties: {} } } },
    ]);
    expect(tool_choice).toEqual({ type: "function", function: { name: "get_weather" } });
    const turns = [
      { role: "user", content: "Weather?" },
      { role: "assistant", content: first.rawOutput, toolCalls: first.toolCalls },
      { role: "tool", content: '{"sky":"rain"}', toolCallId: "c1" },
    ] as const;
    expect(unwrap(await model({ messages: turns }))).not.toHaveProperty("toolCalls");
    expect(server.asked[1]!.body.messages).toEqual([
      { role: "user", content: "Weather?" },
      {
        role: "assistant",
        content: "",
        tool_calls: [call("c1", "get_weather", '{"place":"Oslo"}'), call("c2", "look_up", "{}")],
      },
      { role: "tool", content: '{"sky":"rain"}', tool_call_id: "c1" },
    ]);
  });

  test.each<[string, string, string[][]]>([
    [
      "OpenAI and vLLM: by index, interleaved",
      events(
        [{ index: 0, id: "a", type: "function", function: { name: "one", arguments: "" } }],
        [{ index: 0, function: { arguments: '{"x"' } }],
        [{ index: 1, id: "b", function: { name: "two", arguments: "{" } }],
        [
          { index: 0, function: { arguments: ":1}" } },
          { index: 1, function: { arguments: "}" } },
        ],
      ) + end("tool_calls"),
      [
        ["a", "one", '{"x":1}'],
        ["b", "two", "{}"],
      ],
    ],
    [
      "Ollama: whole calls with the same index",
      events(
        [{ index: 0, id: "a", function: { name: "one", arguments: '{"x":1}' } }],
        [{ index: 0, id: "b", function: { name: "one", arguments: '{"x":2}' } }],
      ) + end("stop"),
      [
        ["a", "one", '{"x":1}'],
        ["b", "one", '{"x":2}'],
      ],
    ],
    [
      "no index, no id, an object in place of a text, junk",
      events([null, { function: { name: "one", arguments: { x: 1 } } }]) + end("function_call"),
      [["call_0", "one", '{"x":1}']],
    ],
    [
      "a name with every piece",
      events(
        [{ index: 0, id: "a", function: { name: "one", arguments: "{" } }],
        [{ index: 0, id: "a", function: { name: "one", arguments: "}" } }],
      ) + end("tool_calls"),
      [["a", "one", "{}"]],
    ],
  ])("pieces of a stream are merged: %s", async (_name, stream, expected) => {
    const { model } = await connect((_, response) => {
      beginStream(response);
      response.end(stream);
    });
    const response = await model({ ...ask, stream: true }).finalCompletion();
    expect(response.finishReason).toBe("tool-calls");
    expect(response.toolCalls!.map(({ id, name, argumentsText }) => [id, name, argumentsText])).toEqual(expected);
  });

  test("arguments that are no JSON object are told as they are", async () => {
    const { model } = await connect((_, response) =>
      sendJson(response, asking([call("a", "one", '{"x":'), call("b", "two", "[1]")], "stop", "Let me see.")),
    );
    const response = unwrap(await model(ask));
    expect(response).toMatchObject({ result: "Let me see.", finishReason: "tool-calls" });
    expect(response.toolCalls).toMatchObject([
      { arguments: null, argumentsText: '{"x":' },
      { arguments: null, argumentsText: "[1]" },
    ]);
  });

  test("a chat of a session goes on after a call", async () => {
    const { model, server } = await connect((_, response, attempt) =>
      sendJson(response, attempt === 1 ? asking([call("c1", "look_up", "{}")]) : completion("Done.")),
    );
    const chat = model.session();
    unwrap(await chat({ userPrompt: "First?" }));
    unwrap(await chat({ userPrompt: "Second?" }));
    expect(server.asked[1]!.body.messages[1]).toMatchObject({ tool_calls: [{ id: "c1" }] });
  });

  test("mistakes throw", () => {
    const baseUrl = "http://localhost:1";
    const wrong: [object, string][] = [
      [{ tools: [] }, "1 to 1024"],
      [{ tools: [{ name: "a b" }] }, "tools[0].name"],
      [{ tools: [{ name: "a", parameter: {} }] }, "parameters"],
      [{ tools: [lookUp, lookUp] }, "two tools"],
      [{ tools: [lookUp], toolChoice: { name: "other" } }, "toolChoice"],
      [{ toolChoice: "auto" }, "options.tools"],
    ];
    for (const [options, part] of wrong) {
      expect(() => connectOpenAI({ baseUrl, ...options }), part).toThrow(InvalidArgumentError);
      expect(() => connectOpenAI({ baseUrl, ...options })).toThrow(part);
    }
    const model = connectOpenAI({ baseUrl });
    const turn = (message: object) => () => model({ messages: [message] } as never);
    expect(turn({ role: "user", content: "x", toolCalls: [] })).toThrow("toolCalls");
    expect(turn({ role: "assistant", content: "x", toolCalls: [{ id: 1 }] })).toThrow("toolCalls[0]");
    expect(turn({ role: "user", content: "x", toolCallId: "a" })).toThrow("toolCallId");
  });
});
