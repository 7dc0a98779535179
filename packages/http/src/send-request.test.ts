import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import {
  AbortedError,
  ConnectionError,
  InvalidArgumentError,
  TimeoutError,
  UnsupportedMediaError,
  VisionError,
} from "@ocellus/core";
import { afterEach, describe, expect, test } from "vitest";
import { createConnectionPool } from "./connection-pool.ts";
import { retryAfterMs } from "./retry-after.ts";
import { type HttpRequest, sendRequest } from "./send-request.ts";
import { type RetryPolicy, sendWithRetries } from "./send-with-retries.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Stub {
  readonly url: string;
  readonly sockets: Set<Socket>;
}

async function listen(server: Server): Promise<Stub> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}
const serve = (handler: RequestListener): Promise<Stub> => listen(createServer(handler));

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};
const failure = async (work: Promise<unknown>): Promise<VisionError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(VisionError.isInstance(error)).toBe(true);
  return error as VisionError;
};
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe("sendRequest", () => {
  test("a GET with a body, path and query as given", async () => {
    const { url } = await serve(async (request, response) => {
      response.end(`${request.method} ${request.url} ${request.headers["x-a"]} ${await bodyOf(request)}`);
    });
    const answer = await sendRequest({ url: `${url}//a?b=x+y&c=%2C`, headers: { "x-a": "1" }, body: "é" });
    expect(text(answer.bytes)).toBe("GET //a?b=x+y&c=%2C 1 é");
    expect(answer.status).toBe(200);
  });

  test("every status is an answer, redirects too", async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(302, { location: "http://10.0.0.1/" }).end("moved");
    });
    const answer = await sendRequest({ url, method: "POST", body: "x" });
    expect([answer.status, answer.headers.location, text(answer.bytes)]).toEqual([302, "http://10.0.0.1/", "moved"]);
  });

  test("a pool keeps the connection; without one it is closed", async () => {
    const ports: (number | undefined)[] = [];
    const { url, sockets } = await serve((request, response) => {
      ports.push(request.socket.remotePort);
      response.end("ok");
    });
    const pool = createConnectionPool();
    await sendRequest({ url, pool });
    await sendRequest({ url, pool });
    expect(ports[0]).toBe(ports[1]);
    pool.close();
    await sendRequest({ url });
    expect(ports[2]).not.toBe(ports[0]);
    await expect.poll(() => sockets.size).toBe(0);
  });

  test("a kept connection that the server has closed is replaced once", async () => {
    let requests = 0;
    const { url } = await serve((request, response) => {
      requests += 1;
      if (requests === 2) request.socket.destroy();
      else response.end("ok");
    });
    const pool = createConnectionPool();
    await sendRequest({ url, pool });
    expect(text((await sendRequest({ url, pool, method: "POST", body: "x" })).bytes)).toBe("ok");
    expect(requests).toBe(3);
    pool.close();
  });

  test("a connection of its own is never tried twice", async () => {
    let requests = 0;
    const { url } = await serve((request) => {
      requests += 1;
      request.socket.destroy();
    });
    expect(ConnectionError.isInstance(await failure(sendRequest({ url })))).toBe(true);
    expect(requests).toBe(1);
  });

  test.each([
    ["nothing", ""],
    ["a body shorter than its length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"],
    ["no HTTP", "220 smtp\r\n"],
  ])("a server that sends %s", async (_what, answer) => {
    const { url } = await listen(createTcpServer((socket) => socket.once("data", () => socket.end(answer))));
    expect(ConnectionError.isInstance(await failure(sendRequest({ url })))).toBe(true);
  });

  test("limits: size, time, abort; the connection is gone afterwards", async () => {
    const { url, sockets } = await serve((request, response) => {
      if (request.url === "/big") response.end(Buffer.alloc(100_000));
    });
    const pool = createConnectionPool();
    expect(UnsupportedMediaError.isInstance(await failure(sendRequest({ url: `${url}/big`, pool, maxBytes: 9 })))).toBe(
      true,
    );
    expect(TimeoutError.isInstance(await failure(sendRequest({ url, pool, timeoutMs: 30 })))).toBe(true);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    expect(AbortedError.isInstance(await failure(sendRequest({ url, pool, signal: controller.signal })))).toBe(true);
    await expect.poll(() => sockets.size).toBe(0);
  });

  test("bad headers and URLs", async () => {
    expect(InvalidArgumentError.isInstance(await failure(sendRequest({ url: "ftp://a" })))).toBe(true);
    const headers = { x: "a\r\nb" };
    expect(InvalidArgumentError.isInstance(await failure(sendRequest({ url: "http://127.0.0.1:1", headers })))).toBe(
      true,
    );
  });
});

describe("sendWithRetries", () => {
  const policy: RetryPolicy = { attempts: 3, statuses: new Set([429, 503]), maxDelayMs: 1, totalTimeoutMs: 10_000 };
  const answering = async (answers: readonly (number | "drop" | [number, string])[]) => {
    let requests = 0;
    const { url } = await serve((request, response) => {
      const answer = answers[Math.min(requests, answers.length - 1)]!;
      requests += 1;
      if (answer === "drop") request.socket.destroy();
      else if (Array.isArray(answer)) response.writeHead(answer[0], { "retry-after": answer[1] }).end("x");
      else response.writeHead(answer).end("x");
    });
    return { url, count: () => requests };
  };
  const send = (request: HttpRequest, changes: Partial<RetryPolicy> = {}) =>
    sendWithRetries(request, { ...policy, ...changes });

  test.each([
    ["a status, then success", [429, 503, 200], 200, 3],
    ["the last answer counts", [503, 429, 503, 200], 503, 3],
    ["other statuses are final", [500, 200], 500, 1],
    ["a dropped connection, then success", ["drop", 200], 200, 2],
  ] as const)("%s", async (_what, answers, status, count) => {
    const stub = await answering(answers);
    expect((await send({ url: stub.url })).status).toBe(status);
    expect(stub.count()).toBe(count);
  });

  test("dropped to the end", async () => {
    const stub = await answering(["drop"]);
    expect(ConnectionError.isInstance(await failure(send({ url: stub.url })))).toBe(true);
    expect(stub.count()).toBe(3);
  });

  test("Retry-After is waited for, but not beyond the total limit", async () => {
    const delays: number[] = [];
    const onRetry = (_reason: string, delayMs: number) => delays.push(delayMs);
    const short = await answering([[429, "0.05"], 200]);
    expect((await send({ url: short.url }, { onRetry })).status).toBe(200);
    expect(delays).toEqual([50]);
    const long = await answering([[429, "3600"], 200]);
    expect((await send({ url: long.url })).status).toBe(429);
    expect(long.count()).toBe(1);
  });

  test("an abort ends the wait", async () => {
    const stub = await answering([[429, "5"], 200]);
    const controller = new AbortController();
    const onRetry = () => controller.abort();
    const error = await failure(send({ url: stub.url, signal: controller.signal }, { onRetry }));
    expect(AbortedError.isInstance(error)).toBe(true);
    expect(stub.count()).toBe(1);
  });

  test("the header's forms", () => {
    expect(retryAfterMs("2")).toBe(2000);
    expect(retryAfterMs("Wed, 21 Oct 2015 07:28:00 GMT", Date.UTC(2015, 9, 21, 7, 27, 0))).toBe(60_000);
    expect(retryAfterMs("Wed, 21 Oct 2015 07:28:00 GMT", Date.UTC(2016, 0, 1))).toBe(0);
    expect([undefined, "", "soon", "-1"].map((header) => retryAfterMs(header))).toEqual([null, null, null, null]);
  });
});
