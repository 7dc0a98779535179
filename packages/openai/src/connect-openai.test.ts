import { InvalidArgumentError, unwrap } from "@ocellus/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ChatApiError } from "./chat/chat-api-error.ts";
import { connectNim } from "./connect-nim.ts";
import { connectOpenAI } from "./connect-openai.ts";
import { ask, closers, connect } from "./testing/connect-stub.ts";
import { answering, sendJson } from "./testing/stub-server.ts";

afterEach(() => void vi.unstubAllEnvs());

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
