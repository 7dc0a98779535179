import { createServer, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { AbortedError, ConnectionError, TimeoutError, UnsupportedMediaError } from "@ocellus/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createConnectionPool } from "./connection-pool.ts";
import { isConnectionRefusal } from "./is-connection-refusal.ts";
import { readEventStream, type ServerEvent } from "./read-event-stream.ts";
import type { RetryPolicy } from "./repeat-attempts.ts";
import { sendWithRetries } from "./send-with-retries.ts";
import { streamRequest } from "./stream-request.ts";
import { streamWithRetries } from "./stream-with-retries.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(handler: RequestListener): Promise<{ url: string; sockets: Set<Socket>; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer(handler);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  closers.push(() => void close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets, close };
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return Buffer.concat(pieces).toString();
}
const policy = (more: Partial<RetryPolicy> = {}): RetryPolicy => ({
  attempts: 3,
  statuses: new Set([429, 503]),
  maxDelayMs: 1,
  totalTimeoutMs: 5_000,
  ...more,
});

describe("streamRequest", () => {
  test("gives any status and the body as it comes; a whole body frees the connection for the next", async () => {
    const { url, sockets } = await serve((_, response) => {
      response.writeHead(418, { "x-request-id": "7" });
      response.write("one ");
      setImmediate(() => response.end("two"));
    });
    const pool = createConnectionPool();
    closers.push(pool.close);
    for (let times = 0; times < 2; times += 1) {
      const stream = await streamRequest({ url, pool });
      expect(stream).toMatchObject({ status: 418, headers: { "x-request-id": "7" } });
      expect(await textOf(stream.chunks)).toBe("one two");
    }
    expect(sockets.size).toBe(1);
  });

  test("a body that stalls, never ends, is too long or breaks off", async () => {
    const { url } = await serve((request, response) => {
      response.write("x".repeat(1_000));
      if (request.url === "/break") setImmediate(() => response.destroy());
      if (request.url !== "/pour") return;
      const timer = setInterval(() => response.write("x"), 10);
      response.on("close", () => clearInterval(timer));
    });
    const read = async (path: string, limits: object): Promise<unknown> =>
      textOf((await streamRequest({ url: url + path, ...limits })).chunks).catch((error: unknown) => error);
    expect(TimeoutError.isInstance(await read("/stall", { idleTimeoutMs: 50 }))).toBe(true);
    expect(TimeoutError.isInstance(await read("/pour", { bodyTimeoutMs: 100 }))).toBe(true);
    expect(UnsupportedMediaError.isInstance(await read("/pour", { maxBytes: 1_010 }))).toBe(true);
    expect(ConnectionError.isInstance(await read("/break", {}))).toBe(true);
  });

  test("a body that is slow but never silent for long is read to its end", async () => {
    const { url } = await serve((_, response) => {
      let left = 14;
      const timer = setInterval(() => {
        left -= 1;
        response.write("x");
        if (left > 0) return;
        clearInterval(timer);
        response.end();
      }, 50);
    });
    const stream = await streamRequest({ url, idleTimeoutMs: 500 });
    expect(await textOf(stream.chunks)).toBe("x".repeat(14));
  });

  test("no headers in time, an abort while reading, a loop that is left: the socket is closed", async () => {
    const { url, sockets } = await serve((request, response) => {
      if (request.url === "/silent") return;
      response.write("begin");
    });
    await expect(streamRequest({ url: `${url}/silent`, timeoutMs: 50 })).rejects.toThrow(TimeoutError);
    const controller = new AbortController();
    const stream = await streamRequest({ url, signal: controller.signal });
    await expect(async () => {
      for await (const _chunk of stream.chunks) controller.abort();
    }).rejects.toThrow(AbortedError);
    for await (const _chunk of (await streamRequest({ url })).chunks) break;
    (await streamRequest({ url })).close();
    await vi.waitFor(() => expect(sockets.size).toBe(0));
  });

  test("a compressed body is refused", async () => {
    const { url, sockets } = await serve((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.write("x");
    });
    await expect(streamRequest({ url })).rejects.toThrow(UnsupportedMediaError);
    await vi.waitFor(() => expect(sockets.size).toBe(0));
  });
});

describe("streamWithRetries", () => {
  test("repeats the opening, and returns the last refusal whole", async () => {
    let calls = 0;
    const { url } = await serve((_, response) => {
      calls += 1;
      response.writeHead(calls === 3 ? 200 : 503, { "retry-after-ms": "1" });
      response.end(calls === 3 ? "ok" : "busy");
    });
    const answer = await streamWithRetries({ url }, policy());
    expect("chunks" in answer && (await textOf(answer.chunks))).toBe("ok");
    calls = 0;
    const refused = await streamWithRetries({ url }, policy({ attempts: 2 }));
    expect("bytes" in refused && Buffer.from(refused.bytes).toString()).toBe("busy");
  });

  test("the total limit ends the opening, not the stream", async () => {
    const { url } = await serve((_, response) => {
      response.write("slow ");
      setTimeout(() => response.end("end"), 150);
    });
    const answer = await streamWithRetries({ url }, policy({ totalTimeoutMs: 100 }));
    expect("chunks" in answer && (await textOf(answer.chunks))).toBe("slow end");
  });
});

test("what was sent and failed is not repeated when the policy forbids it; a refused connection is", async () => {
  let calls = 0;
  const { url, close } = await serve((_, response) => {
    calls += 1;
    response.destroy();
  });
  const careful = policy({ mayRepeatError: isConnectionRefusal });
  await expect(sendWithRetries({ url, method: "POST" }, careful)).rejects.toThrow(ConnectionError);
  expect(calls).toBe(1);
  await close();
  const reasons: string[] = [];
  const told = { ...careful, onRetry: (reason: string) => void reasons.push(reason) };
  await expect(sendWithRetries({ url, method: "POST" }, told)).rejects.toThrow(ConnectionError);
  expect(reasons).toHaveLength(2);
});

describe("readEventStream", () => {
  const source = 'event: x\r\nid: 1\r\ndata: {"a":\r\ndata: "ü🎲"}\r\n\r\n: ping\n\ndata: two\n\ndata: half';

  test.each([1, 2, 3, 5, 1_000])("events in pieces of %i bytes; half an event is dropped", async (size) => {
    const bytes = Buffer.from(source);
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    }
    const events: ServerEvent[] = [];
    for await (const batch of readEventStream(chunks())) events.push(...batch);
    expect(events).toEqual([
      { event: "x", id: "1", data: '{"a":\n"ü🎲"}' },
      { event: undefined, id: undefined, data: "two" },
    ]);
  });

  test("an event without end is refused", async () => {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      while (true) yield Buffer.from("data: xxxxxxxxxxxxxxxx");
    }
    const read = async (): Promise<void> => {
      for await (const _ of readEventStream(chunks(), { maxEventLength: 1_000 })) break;
    };
    await expect(read()).rejects.toThrow(ConnectionError);
  });
});
