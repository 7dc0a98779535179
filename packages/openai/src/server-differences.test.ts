import { ApiCallError, unwrap } from "@ocellus/core";
import { describe, expect, test } from "vitest";
import { ask, connect } from "./testing/connect-stub.ts";
import { answering, beginStream, completion, endOfStream, sendJson, textEvent } from "./testing/stub-server.ts";

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
