import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AbortedError,
  ConnectionError,
  DisposedError,
  silentLogger,
  TimeoutError,
  UnsupportedMediaError,
} from "@ocellus/core";
import { afterEach, describe, expect, test } from "vitest";
import { HTTPCallError } from "./errors/http-call-error.ts";
import { InvalidResponseError } from "./errors/invalid-response-error.ts";
import { bodyOf, clientOf, closeAll, failure, listen, serve } from "./testing/listen.ts";

afterEach(closeAll);
const picture = { data: new Uint8Array(12), width: 2, height: 2, channels: 3 };
const raw = (answer: string) => listen(createTcpServer((socket) => socket.once("data", () => socket.end(answer))));

describe("a server that", () => {
  test("closes in the middle of the body: three tries, then a ConnectionError", async () => {
    const { url, sockets } = await raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{");
    const error = await failure(clientOf(url).inferLmm(picture, { modelId: "m" }));
    expect(ConnectionError.isInstance(error)).toBe(true);
    await expect.poll(() => sockets.size).toBe(0);
  });

  test("never answers: a TimeoutError of the total limit, its connections closed", async () => {
    const { url, sockets } = await serve(() => undefined);
    const client = clientOf(url, { timeoutMs: 20, totalTimeoutMs: 500 });
    expect(TimeoutError.isInstance(await failure(client.inferLmm(picture, { modelId: "m" })))).toBe(true);
    expect(await failure(client.getServerInfo({ timeoutMs: 7 }))).toMatchObject({ timeoutMs: 7 });
    await expect.poll(() => sockets.size).toBe(0);
  });

  test.each([
    ["HTML", "text/html", "<html>"],
    ["nothing", "application/json", ""],
    ["half of JSON", "application/json", '{"response":'],
    ["a number", "application/json", "5"],
  ])("answers with %s: an InvalidResponseError that names the path", async (_what, type, body) => {
    const { url } = await serve((_request, response) => response.setHeader("content-type", type).end(body));
    const error = await failure(clientOf(url).inferLmm(picture, { modelId: "m" }));
    expect(InvalidResponseError.isInstance(error)).toBe(true);
    expect(error.message).toContain("/infer/lmm");
    expect(InvalidResponseError.isInstance(await failure(clientOf(url).getServerInfo()))).toBe(true);
  });

  test("sends without end: stopped at the limit, the connection closed", async () => {
    const { url, sockets } = await serve((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 32)));
      };
      response.on("drain", more);
      more();
    });
    const client = clientOf(url, { maxResponseBytes: 5_000_000 });
    expect(UnsupportedMediaError.isInstance(await failure(client.listInferencePipelines()))).toBe(true);
    await expect.poll(() => sockets.size).toBe(0);
  });

  test("announces 500 MB: refused before the first byte", async () => {
    const { url } = await raw("HTTP/1.1 200 OK\r\ncontent-length: 524288000\r\n\r\n");
    expect(UnsupportedMediaError.isInstance(await failure(clientOf(url).getServerInfo()))).toBe(true);
  });

  test("redirects to a private address: not followed, the target's path not repeated", async () => {
    let visits = 0;
    const target = await serve((_request, response) => {
      visits += 1;
      response.end("{}");
    });
    const { url } = await serve((_request, response) => {
      response.writeHead(302, { location: `${target.url}/secret?api_key=test-key-1234567890` }).end();
    });
    const error = await failure(clientOf(url).inferLmm(picture, { modelId: "m" }));
    expect(error).toMatchObject({ name: "HTTPCallError", status: 302 });
    expect(error.message).not.toContain("secret");
    expect(visits).toBe(0);
  });

  test("sends a picture URL on to a private address: refused", async () => {
    const { url } = await serve((_request, response) => response.end("{}"));
    const error = await failure(
      clientOf(url, { mode: "v0" }).infer("http://169.254.169.254/latest", { modelId: "a/1" }),
    );
    expect(ConnectionError.isInstance(error)).toBe(true);
    expect(error.isRetryable).toBe(false);
  });

  test("asks to wait: Retry-After is kept, and told when it is too long", async () => {
    let requests = 0;
    const log: string[] = [];
    const { url } = await serve((request, response) => {
      requests += 1;
      if (requests === 1) response.writeHead(429, { "retry-after": "0.06" }).end();
      else if (request.url === "/infer/lmm") response.end('{"response":"ok"}');
      else response.writeHead(503, { "retry-after": "3600", "x-request-id": "r-7" }).end("busy");
    });
    const client = clientOf(url, { logger: { ...silentLogger, info: (message) => log.push(message) } });
    expect(await client.inferLmm(picture, { modelId: "m" })).toEqual({ response: "ok" });
    expect(log).toEqual(["POST /infer/lmm: status 429; next try in 60 ms"]);
    const error = await failure(client.depthEstimation(picture));
    expect(error).toMatchObject({ status: 503, retryAfterMs: 3_600_000, requestId: "r-7", apiMessage: "busy" });
    expect(requests).toBe(3);
  });

  test("closes kept-alive connections between calls: the call is made on a new one", async () => {
    const bodies: string[] = [];
    const { url, sockets } = await serve(async (request, response) => {
      bodies.push(await bodyOf(request));
      if (bodies.length === 2) request.socket.destroy();
      else response.end('{"response":"ok"}');
    });
    const client = clientOf(url);
    await client.inferLmm(picture, { modelId: "m" });
    expect(sockets.size).toBe(1);
    expect(await client.inferLmm(picture, { modelId: "m" })).toEqual({ response: "ok" });
    expect(bodies[1]).toBe(bodies[2]);
  });
});

describe("nothing unsafe is repeated:", () => {
  test.each([
    ["starting a pipeline", (c) => c.startInferencePipelineWithWorkflow("v", { workflowSpecification: {} })],
    ["terminating one", (c) => c.terminateInferencePipeline("p")],
    ["consuming a result", (c) => c.consumeInferencePipelineResult("p")],
    ["loading a model", (c) => c.loadModel("a/1")],
    ["unloading one", (c) => c.unloadModel("a/1")],
    [
      "a workflow without retries",
      (c) => c.with({ configuration: { workflowRunRetriesEnabled: false } }).runWorkflow({ specification: {} }),
    ],
  ] as [string, (client: ReturnType<typeof clientOf>) => Promise<unknown>][])("%s", async (_what, act) => {
    let requests = 0;
    const { url } = await serve((request, response) => {
      requests += 1;
      if (requests === 1) response.end('{"name":"n","version":"v","uuid":"u"}');
      else request.socket.destroy();
    });
    const client = clientOf(url);
    await client.getServerInfo();
    expect(ConnectionError.isInstance(await failure(act(client)))).toBe(true);
    expect(requests).toBe(2);
  });
});

describe("aborts", () => {
  test("during the upload: AbortedError with the reason, no connection and no file is left open", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ocellus-"));
    const file = join(folder, "big.png");
    writeFileSync(file, Buffer.alloc(30_000_000, 7));
    // Reads nothing, so that the upload stands still.
    const { url, sockets } = await listen(createTcpServer({ pauseOnConnect: true }));
    const before = process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
    const controller = new AbortController();
    const client = clientOf(url);
    const call = failure(client.inferLmm(file, { modelId: "m", signal: controller.signal }));
    await expect.poll(() => sockets.size).toBe(1);
    controller.abort("enough");
    const error = await call;
    expect(AbortedError.isInstance(error)).toBe(true);
    expect(error.cause).toBe("enough");
    for (const socket of sockets) socket.resume();
    const open = () => process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
    await expect.poll(open).toBeLessThanOrEqual(before);
    await expect.poll(() => sockets.size).toBe(0);
    rmSync(folder, { recursive: true });
  });

  test("before the call: nothing is sent", async () => {
    let requests = 0;
    const { url } = await serve(() => {
      requests += 1;
    });
    const error = await failure(clientOf(url).infer(picture, { modelId: "a/1", signal: AbortSignal.abort() }));
    expect(AbortedError.isInstance(error)).toBe(true);
    expect(requests).toBe(0);
  });

  test("while many requests run: all of them end", async () => {
    const controller = new AbortController();
    let requests = 0;
    const { url, sockets } = await serve(() => {
      requests += 1;
      if (requests === 4) controller.abort();
    });
    const client = clientOf(url, { configuration: { maxConcurrentRequests: 4 } });
    const images = Array.from({ length: 20 }, () => picture);
    const error = await failure(client.inferLmm(images, { modelId: "m", signal: controller.signal }));
    expect(AbortedError.isInstance(error)).toBe(true);
    expect(requests).toBe(4);
    await expect.poll(() => sockets.size).toBe(0);
  });

  test("by closing the client", async () => {
    const { url } = await serve(() => undefined);
    const client = clientOf(url);
    const call = failure(client.with({ model: "m" }).getServerInfo());
    await client.close();
    expect(DisposedError.isInstance(await call)).toBe(true);
    expect(DisposedError.isInstance(await failure(client.getServerInfo()))).toBe(true);
  });
});

test("a failing picture of an endless sequence ends it", async () => {
  let requests = 0;
  const { url } = await serve((_request, response) => {
    requests += 1;
    response.writeHead(requests === 3 ? 400 : 200).end('{"response":"ok"}');
  });
  let closed = false;
  async function* endless() {
    try {
      for (;;) yield picture;
    } finally {
      closed = true;
    }
  }
  const error = await failure(clientOf(url).inferLmm(endless(), { modelId: "m" }));
  expect(HTTPCallError.isInstance(error)).toBe(true);
  expect([requests, closed]).toEqual([3, true]);
});
