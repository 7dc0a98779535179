import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import {
  AbortedError,
  ApiCallError,
  ConnectionError,
  InvalidArgumentError,
  TimeoutError,
  UnsupportedMediaError,
  type VisionError,
} from "@ocellus/core";
import { afterEach, describe, expect, test } from "vitest";
import { type FetchUrlSafelyOptions, fetchUrlSafely } from "./fetch-url-safely.ts";

const local = { allowPrivateAddresses: true } as const;
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Starts a server on loopback and returns its port; it ends with the test, with all its connections. */
async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

const serve = async (handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> =>
  `http://127.0.0.1:${await listen(createServer(handler))}`;

/** A server that answers every connection with these raw bytes and closes it. */
const serveRaw = async (answer: string): Promise<string> =>
  `http://127.0.0.1:${await listen(createTcpServer((socket) => socket.once("data", () => socket.end(answer))))}`;

async function failure(url: string, options: FetchUrlSafelyOptions = local): Promise<VisionError> {
  const error = await fetchUrlSafely(url, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  return error as VisionError;
}

describe("an answer", () => {
  test("gives bytes, media type and final address", async () => {
    const origin = await serve((request, response) => {
      expect(request.headers["accept-encoding"]).toBe("identity");
      response.setHeader("content-type", " Image/PNG; charset=x");
      response.end(Buffer.from([1, 2, 3]));
    });
    const result = await fetchUrlSafely(`${origin}/a.png?q=1`, local);
    expect(result).toEqual({ bytes: Uint8Array.of(1, 2, 3), mediaType: "image/png", url: `${origin}/a.png?q=1` });
    expect(result.bytes.buffer.byteLength).toBe(3);
  });

  test("without a type and in many chunks", async () => {
    const part = Buffer.alloc(65_536, 5);
    const origin = await serve((_request, response) => {
      for (let count = 0; count < 16; count += 1) response.write(part);
      response.end();
    });
    const { bytes, mediaType } = await fetchUrlSafely(new URL(origin), local);
    expect(mediaType).toBeUndefined();
    expect(bytes.length).toBe(16 * 65_536);
    expect(bytes.every((byte) => byte === 5)).toBe(true);
  });

  test("from a server that only knows the URL's user", async () => {
    const origin = await serve((request, response) => response.end(request.headers.authorization));
    const { bytes, url } = await fetchUrlSafely(origin.replace("//", "//me:s%40cret@"), local);
    expect(new TextDecoder().decode(bytes)).toBe(`Basic ${Buffer.from("me:s@cret").toString("base64")}`);
    expect(url).toBe(`${origin}/`);
  });

  test.each([404, 500, 304, 300])("with status %d", async (status) => {
    const origin = await serve((_request, response) => response.writeHead(status).end("no"));
    const error = await failure(`${origin.replace("//", "//me:hunter2@")}/x?token=abc`);
    expect(ApiCallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ status, url: `${origin}/x`, isRetryable: status === 500 });
    expect(JSON.stringify(error) + String(error)).not.toMatch(/hunter2|abc/);
  });
});

describe("limits", () => {
  test("a Content-Length above the limit, before any body", async () => {
    let closed: () => void = () => {};
    const closing = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const origin = await serve((_request, response) => {
      response.on("close", closed);
      response.setHeader("content-length", 1000);
      response.flushHeaders();
    });
    const error = await failure(origin, { ...local, maxBytes: 999 });
    expect(UnsupportedMediaError.isInstance(error)).toBe(true);
    expect(error.message).toContain("larger than 999 bytes");
    await closing;
  });

  test("an endless body stops at the limit and closes the connection", async () => {
    let closed: () => void = () => {};
    const closing = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const origin = await serve((_request, response) => {
      response.on("close", closed);
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384)));
      };
      response.on("drain", more);
      more();
    });
    expect(UnsupportedMediaError.isInstance(await failure(origin, { ...local, maxBytes: 1_000_000 }))).toBe(true);
    await closing;
  });

  test("exactly the limit is fine", async () => {
    const origin = await serve((_request, response) => response.end("1234"));
    expect((await fetchUrlSafely(origin, { ...local, maxBytes: 4 })).bytes).toHaveLength(4);
    expect(UnsupportedMediaError.isInstance(await failure(origin, { ...local, maxBytes: 3 }))).toBe(true);
  });

  test("a compressed body nobody asked for", async () => {
    const origin = await serve((_request, response) => {
      response.setHeader("content-encoding", "gzip");
      response.end(gzipSync(Buffer.alloc(1_000_000)));
    });
    const error = await failure(origin);
    expect(UnsupportedMediaError.isInstance(error)).toBe(true);
    expect(error.message).toContain('"gzip"');
  });

  test.each([
    ["no answer", () => {}],
    ["headers without a body", (_request: IncomingMessage, response: ServerResponse) => response.flushHeaders()],
    [
      "a body that drips",
      (_request: IncomingMessage, response: ServerResponse) => {
        const timer = setInterval(() => response.write("x"), 5);
        response.on("close", () => clearInterval(timer));
      },
    ],
    [
      "redirects that take their time",
      (_request: IncomingMessage, response: ServerResponse) => {
        setTimeout(() => response.writeHead(302, { location: "/" }).end(), 30);
      },
    ],
  ])("time: %s", async (_what, handler) => {
    const origin = await serve(handler);
    const error = await failure(`${origin}/?key=abc`, { ...local, timeoutMs: 100, maxRedirects: 100 });
    expect(TimeoutError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ timeoutMs: 100, message: `Fetching ${origin}/ took longer than 100 ms.` });
  });

  test("time: a name lookup that never answers", async () => {
    const resolveHost = () => new Promise<never>(() => {});
    expect(TimeoutError.isInstance(await failure("http://slow.test/", { resolveHost, timeoutMs: 20 }))).toBe(true);
  });

  test("abort: before, and while the body arrives", async () => {
    const reason = new Error("enough");
    const before = await failure("http://127.0.0.1:1/", { ...local, signal: AbortSignal.abort(reason) });
    expect(AbortedError.isInstance(before)).toBe(true);
    expect(before.cause).toBe(reason);
    const controller = new AbortController();
    let closed: () => void = () => {};
    const closing = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const origin = await serve((_request, response) => {
      response.on("close", closed);
      response.write("x");
      setTimeout(() => controller.abort(reason), 10);
    });
    expect(AbortedError.isInstance(await failure(origin, { ...local, signal: controller.signal }))).toBe(true);
    await closing;
  });
});

describe("broken connections", () => {
  test.each([
    ["cut before the answer", ""],
    ["cut inside the headers", "HTTP/1.1 200 OK\r\nContent-Le"],
    ["a body shorter than its length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"],
    ["a chunked body without its end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"],
    ["a chunk size that is no number", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"],
    ["no HTTP", "SSH-2.0-OpenSSH_9\r\n"],
    ["headers without end", `HTTP/1.1 200 OK\r\n${"x-filler: 0123456789\r\n".repeat(5000)}\r\n`],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    ["another protocol", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"],
  ])("%s", async (_what, answer) => {
    const error = await failure(await serveRaw(answer));
    expect(ConnectionError.isInstance(error), String(error)).toBe(true);
    expect(error.isRetryable).toBe(true);
  });

  test("a body longer than its length ends at the length", async () => {
    const origin = await serveRaw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabcdef");
    expect((await fetchUrlSafely(origin, local)).bytes).toEqual(new TextEncoder().encode("ab"));
  });

  test("nobody listens", async () => {
    const port = await listen(createTcpServer());
    await closers.pop()?.();
    const error = await failure(`http://127.0.0.1:${port}/`);
    expect(ConnectionError.isInstance(error)).toBe(true);
    expect(error.message).toContain("ECONNREFUSED");
  });

  test("https to a server without TLS", async () => {
    const origin = await serve((_request, response) => response.end());
    expect(ConnectionError.isInstance(await failure(origin.replace("http", "https")))).toBe(true);
  });
});

describe("redirects", () => {
  test.each([301, 302, 303, 307, 308])("%d to a relative address", async (status) => {
    const origin = await serve((request, response) => {
      if (request.url === "/end?x=1") response.end("here");
      else response.writeHead(status, { location: "../end?x=1" }).end("ignored");
    });
    expect(await fetchUrlSafely(`${origin}/a/b`, local)).toMatchObject({ url: `${origin}/end?x=1` });
  });

  test("at most maxRedirects", async () => {
    let requests = 0;
    const origin = await serve((_request, response) => {
      requests += 1;
      response.writeHead(302, { location: "/again" }).end();
    });
    const error = await failure(origin, { ...local, maxRedirects: 3 });
    expect(ConnectionError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ isRetryable: false, message: `${origin}/ redirects more than 3 times.` });
    expect(requests).toBe(4);
  });

  test.each(["file:///etc/passwd", "ftp://host/x", "data:text/plain,x", "http://", "http://[::1"])(
    "to %s is refused",
    async (location) => {
      const origin = await serve((_request, response) => response.writeHead(302, { location }).end());
      const error = await failure(origin);
      expect(ConnectionError.isInstance(error)).toBe(true);
      expect(error.message).toContain("redirects to a URL that cannot be fetched");
    },
  );

  test("without a Location is an ordinary failure", async () => {
    const origin = await serve((_request, response) => response.writeHead(302).end());
    expect(await failure(origin)).toMatchObject({ status: 302 });
  });

  test("own headers and the URL's user stay with the first origin", async () => {
    const seen: IncomingMessage["headers"][] = [];
    const other = await serve((request, response) => {
      seen.push(request.headers);
      response.end();
    });
    const origin = await serve((request, response) => {
      seen.push(request.headers);
      response.writeHead(302, { location: request.url === "/" ? "/second" : other }).end();
    });
    const headers = { Authorization: "Bearer abc", "X-Key": "k", "Accept-Encoding": "gzip" };
    await fetchUrlSafely(origin, { ...local, headers });
    expect(seen.map((each) => [each.authorization, each["x-key"], each["accept-encoding"]])).toEqual([
      ["Bearer abc", "k", "identity"],
      ["Bearer abc", "k", "identity"],
      [undefined, undefined, "identity"],
    ]);
    await fetchUrlSafely(origin.replace("//", "//me:pw@"), local);
    expect(seen.at(-1)?.authorization).toBeUndefined();
  });
});

describe("the address guard", () => {
  test.each([
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.0.0.1./",
    "http://１２７.０.０.１/",
    "http://0/",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1:8080/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "https://user:hunter2@192.168.1.1/?token=abc",
  ])("refuses %s", async (url) => {
    const error = await failure(url, {});
    expect(ConnectionError.isInstance(error), String(error)).toBe(true);
    expect(error.isRetryable).toBe(false);
    expect(error.message).toContain("is not a host of the public internet");
    expect(JSON.stringify(error)).not.toMatch(/hunter2|abc/);
  });

  test("refuses the system's name for this machine", async () => {
    const error = await failure("http://localhost/", {});
    expect(error.message).toContain("is not a host of the public internet");
  });

  test.each([[["127.0.0.1"]], [["8.8.8.8", "10.0.0.1"]], [["::ffff:8.8.8.8"]], [["8.8.8.8", "nonsense"]]])(
    "refuses a name with the addresses %j, without saying them",
    async (addresses) => {
      const error = await failure("http://name.test/", { resolveHost: async () => addresses });
      expect(error.message).toContain("name.test is not a host of the public internet");
      for (const address of addresses) expect(error.message).not.toContain(address);
    },
  );

  test.each([[[]], [["nonsense"]]])("a name with the addresses %j has none", async (addresses) => {
    const error = await failure("http://name.test/", { ...local, resolveHost: async () => addresses });
    expect(error.message).toContain("name.test has no IP address");
  });

  test("an unknown name", async () => {
    const resolveHost = () => Promise.reject(Object.assign(new Error("x"), { code: "ENOTFOUND" }));
    const error = await failure("http://name.test/", { resolveHost });
    expect(ConnectionError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({
      isRetryable: false,
      message: "The host name.test is not known. Check the spelling.",
    });
  });

  test("connects to the resolved address and keeps the name as Host", async () => {
    const origin = await serve((request, response) => response.end(request.headers.host));
    const { port } = new URL(origin);
    const resolveHost = async () => ["127.0.0.1"];
    const { bytes } = await fetchUrlSafely(`http://pinned.test:${port}/`, { ...local, resolveHost });
    expect(new TextDecoder().decode(bytes)).toBe(`pinned.test:${port}`);
  });
});

describe("wrong arguments", () => {
  test.each(["", "a.jpg", "//host/x", "http://", "file:///etc/passwd", "data:,x", "javascript:1", "HTTP:/\\"])(
    "URL %j",
    async (url) => {
      expect(InvalidArgumentError.isInstance(await failure(url))).toBe(true);
    },
  );

  test.each(["http://me:hunter2@ho st/?token=abc", "http://hunter2@ho st/?abc"])(
    "%s does not show its secrets",
    async (url) => {
      const error = await failure(url);
      expect(InvalidArgumentError.isInstance(error)).toBe(true);
      expect(JSON.stringify(error) + String(error.stack) + String(error.cause)).not.toMatch(/hunter2|abc/);
    },
  );

  test.each([
    { maxBytes: -1 },
    { maxBytes: Number.NaN },
    { timeoutMs: 0 },
    { timeoutMs: 2 ** 31 },
    { maxRedirects: 1.5 },
    { headers: { "bad name": "x" } },
    { headers: { x: "a\r\nb: c" } },
    { maxByte: 5 },
  ])("%j", async (options) => {
    const error = await failure("http://127.0.0.1:1/", { ...local, ...options } as FetchUrlSafelyOptions);
    expect(InvalidArgumentError.isInstance(error), String(error)).toBe(true);
  });

  test("a URL that is too long", async () => {
    expect((await failure(`http://a/${"x".repeat(20_000)}`)).message).toContain("20009 characters");
  });
});
