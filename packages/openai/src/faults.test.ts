import { ConnectionError, TimeoutError, UnsupportedMediaError, unwrap, type VisionModel } from "@ocellus/core";
import { describe, expect, test, vi } from "vitest";
import { ask, connect, fixture, picture } from "./testing/connect-stub.ts";
import { answering, beginStream, completion, sendJson, textEvent } from "./testing/stub-server.ts";

describe("faults", () => {
  const failure = async (model: VisionModel, more: object = {}) => (await model({ ...ask, ...more }))[1];
  const streamFailure = async (model: VisionModel) => (await model({ ...ask, stream: true }).outcome())[1];

  test("a cut stream, half an event, an event that is no JSON, an error inside of a stream", async () => {
    const pieces = [
      "data: [DO",
      `data: {"choices":[{"del`,
      "data: {no json}\n\n",
      'data: {"error":{"message":"boom","code":503}}\n\n',
    ];
    const { model } = await connect((_, response, attempt) => {
      beginStream(response);
      response.write(textEvent("A "));
      response.write(pieces[attempt - 1]!, () => (attempt === 1 ? response.destroy() : response.end()));
    });
    expect(ConnectionError.isInstance(await streamFailure(model))).toBe(true);
    expect((await streamFailure(model))?.message).toContain("before the answer was complete");
    expect((await streamFailure(model))?.message).toContain("no JSON");
    expect(await streamFailure(model)).toMatchObject({ code: "api-call", status: 503, requestId: "req-stream" });
  });

  test("a stream that was asked for and comes in one piece", async () => {
    const { model } = await connect((_, response) => sendJson(response, completion("whole")));
    expect((await model({ ...ask, stream: true }).finalCompletion()).rawOutput).toBe("whole");
  });

  test("a wrong content type, an answer without choices, a redirect", async () => {
    const { model, server } = await connect((_, response, attempt) => {
      if (attempt <= 2) return void response.writeHead(200, { "content-type": "text/html" }).end("<html>login</html>");
      if (attempt === 3) return sendJson(response, { choices: [] });
      response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data" }).end();
    });
    expect((await failure(model))?.message).toContain("text/html");
    expect((await streamFailure(model))?.message).toContain("baseUrl");
    expect((await failure(model))?.message).toContain("without any choice");
    expect(await failure(model)).toMatchObject({ status: 302, message: expect.stringContaining("not followed") });
    expect(server.asked).toHaveLength(4);
  });

  test("429 with Retry-After and 500 are repeated, 400 is not", async () => {
    const { model, server } = await connect((_, response, attempt) => {
      if (attempt === 1) return sendJson(response, { error: "busy" }, 429, { "retry-after-ms": "1" });
      if (attempt === 2) return sendJson(response, { error: "oops" }, 500);
      if (attempt === 3) return sendJson(response, completion("at last"));
      sendJson(response, { message: "no" }, 400);
    });
    expect(unwrap(await model(ask)).rawOutput).toBe("at last");
    expect(await failure(model)).toMatchObject({ status: 400 });
    expect(server.asked).toHaveLength(4);
  });

  test("a connection that breaks after the question was sent is not repeated: it may have been charged", async () => {
    const { model, server } = await connect((_, response) => void response.destroy(), {
      model: "tiny",
      server: "vllm",
    });
    expect(ConnectionError.isInstance(await failure(model))).toBe(true);
    expect(server.asked).toHaveLength(1);
  });

  test("a wait that the limit forbids is not waited", async () => {
    const { model, server } = await connect(
      (_, response) => sendJson(response, { error: { message: "slow down" } }, 429, { "retry-after": "3600" }),
      { totalTimeoutMs: 5_000 },
    );
    expect(await failure(model)).toMatchObject({ status: 429, isRetryable: true });
    expect(server.asked).toHaveLength(1);
  });

  test("a slow first byte, a silent stream and a body without end", async () => {
    const { model } = await connect(
      ({ body }, response, attempt) => {
        if (attempt === 1) return;
        if (body.stream === true) {
          beginStream(response);
          response.write(textEvent("A "));
          return;
        }
        response.writeHead(200, { "content-type": "application/json" });
        const chunk = Buffer.alloc(65_536, 0x20);
        const pour = (): void => {
          while (!response.destroyed && response.write(chunk));
          if (!response.destroyed) response.once("drain", pour);
        };
        pour();
      },
      { attemptTimeoutMs: 2_000, idleTimeoutMs: 300, maxResponseBytes: 1024 * 1024 },
    );
    expect(TimeoutError.isInstance(await failure(model))).toBe(true);
    expect(TimeoutError.isInstance(await streamFailure(model))).toBe(true);
    expect(UnsupportedMediaError.isInstance(await failure(model))).toBe(true);
  });

  test("an abort reaches the socket, also of a stream that is left", async () => {
    const { model, server } = await connect(({ body }, response) => {
      if (body.stream !== true) return;
      beginStream(response);
      response.write(textEvent("A "));
    });
    const controller = new AbortController();
    const pending = model({ ...ask, signal: controller.signal });
    await vi.waitFor(() => expect(server.asked).toHaveLength(1));
    controller.abort();
    expect((await pending)[1]?.code).toBe("aborted");
    for await (const text of model({ ...ask, stream: true })) {
      expect(text).toBe("A ");
      break;
    }
    // The kept-alive connection of the probe may stay until the model is closed.
    await model.close();
    await vi.waitFor(() => expect(server.sockets.size).toBe(0));
    expect((await failure(model))?.code).toBe("disposed");
  });

  test("a server that is not there", async () => {
    const { model, server } = await connect(answering("x"), { maxRetries: 0, model: "tiny" });
    await server.close();
    expect(await failure(model)).toMatchObject({ code: "connection", isRetryable: true });
  });
});

test("a list is asked with bounded concurrency, in order, one failure among them", async () => {
  let running = 0;
  let most = 0;
  let open = (): void => undefined;
  const threeAtOnce = new Promise<void>((resolve) => {
    open = resolve;
  });
  const { model } = await connect(
    async ({ body }, response) => {
      running += 1;
      most = Math.max(most, running);
      if (running === 3) open();
      await threeAtOnce;
      running -= 1;
      sendJson(response, completion(body.messages.at(-1).content.at(-1).text));
    },
    { concurrency: 3 },
  );
  const source = [...Array.from({ length: 7 }, () => picture), fixture("images/absent.png")];
  const outcomes = await model({ source, userPrompt: source.map((_, index) => `number ${index}`) });
  expect(outcomes.map(([result, error]) => result?.rawOutput ?? error?.code)).toEqual([
    ...Array.from({ length: 7 }, (_, index) => `number ${index}`),
    "source-not-found",
  ]);
  expect(most).toBe(3);
});
