import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AbortedError, ApiCallError, ConnectionError, TimeoutError, UnsupportedMediaError } from "@ocellus/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { crc32c } from "./crc32c.ts";
import { type DownloadFileOptions, downloadFile } from "./download-file.ts";

const body = Buffer.from(Array.from({ length: 40_000 }, (_, index) => (index * 7919) % 251));
let folder: string;
let server: Server;
let requests: IncomingMessage[];
let reply: (request: IncomingMessage, response: ServerResponse, attempt: number) => void;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-download-"));
  requests = [];
  reply = (request, response) => serve(request, response);
  server = createServer((request, response) => {
    requests.push(request);
    reply(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

/** Answers as a storage service does: ranges, `If-Range`, a strong ETag. */
function serve(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { content = body, etag = '"one"', more = {} as Record<string, string>, cutAfter = Number.POSITIVE_INFINITY } = {},
): void {
  const asked = /^bytes=(\d+)-$/.exec(headers.range ?? "");
  const start = asked !== null && headers["if-range"] === etag ? Number(asked[1]) : 0;
  if (start > 0 && start >= content.length) {
    return void response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
  }
  const part = content.subarray(start);
  const range = start === 0 ? {} : { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` };
  response.writeHead(start === 0 ? 200 : 206, { etag, "content-length": part.length, ...range, ...more });
  if (part.length <= cutAfter) return void response.end(part);
  // What a client has not read when its connection is reset is lost: it gets the time to.
  response.write(part.subarray(0, cutAfter), () => setTimeout(() => response.destroy(), 100));
}

const start = (more: Partial<DownloadFileOptions> = {}) =>
  downloadFile({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.tar?signature=secret`,
    path: join(folder, "model.tar"),
    allowPrivateAddresses: true,
    maxDelayMs: 1,
    ...more,
  });
const saved = () => readFile(join(folder, "model.tar"));

test("a cut download goes on where it was, also in another process", async () => {
  reply = (request, response, attempt) => serve(request, response, { cutAfter: attempt <= 2 ? 10_000 : undefined! });
  await expect(start({ attempts: 1 })).rejects.toThrow(ConnectionError);
  expect(await readdir(folder)).toEqual(["model.tar.part", "model.tar.part.json"]);
  const seen: number[] = [];
  const sizes: unknown[] = [];
  const options = { onSize: async (...size: unknown[]) => void sizes.push(size) };
  await start({ ...options, onProgress: (bytes) => seen.push(bytes) });
  expect(await saved()).toEqual(body);
  expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, "bytes=10000-", "bytes=20000-"]);
  expect(sizes).toEqual([
    [40_000, 10_000],
    [40_000, 20_000],
  ]);
  expect(seen.at(-1)).toBe(40_000);
  expect(await readdir(folder)).toEqual(["model.tar"]);
});

test("a file that changed on the server is begun again", async () => {
  const changed = body.map((byte) => byte ^ 255);
  reply = (request, response, attempt) =>
    serve(request, response, attempt === 1 ? { cutAfter: 9_000 } : { content: changed, etag: '"two"' });
  await start();
  expect(await saved()).toEqual(Buffer.from(changed));
  expect(requests).toHaveLength(2);
});

test("what was there when the process ended before the renaming is taken", async () => {
  await writeFile(join(folder, "model.tar.part"), body);
  await writeFile(join(folder, "model.tar.part.json"), JSON.stringify({ validator: '"one"', totalBytes: 40_000 }));
  await start();
  expect(await saved()).toEqual(body);
  await writeFile(join(folder, "model.tar.part"), Buffer.concat([body, body]));
  await writeFile(join(folder, "model.tar.part.json"), JSON.stringify({ validator: '"one"', totalBytes: 80_000 }));
  await start();
  expect(await saved()).toEqual(body);
});

test("checksums that the server states are compared; a damaged file is fetched again, then refused", async () => {
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32c(body));
  const md5 = createHash("md5").update(body).digest("base64");
  const sha256 = createHash("sha256").update(body).digest("base64");
  const stated: Record<string, string>[] = [
    { "x-goog-hash": `crc32c=${crc.toString("base64")}` },
    { "x-goog-hash": `crc32c=AAAAAA==,md5=${md5}` },
    { "x-amz-checksum-sha256": sha256 },
  ];
  for (const more of stated) {
    reply = (request, response) => serve(request, response, { more });
    expect((await start()).checksum).not.toBeNull();
    const flipped = Buffer.from(body);
    flipped[5]! ^= 1;
    reply = (request, response, attempt) => serve(request, response, { more, content: attempt % 2 ? flipped : body });
    requests = [];
    await start();
    expect(await saved()).toEqual(body);
    reply = (request, response) => serve(request, response, { more, content: flipped });
    await expect(start({ attempts: 2 })).rejects.toThrow("arrived damaged");
  }
});

test("500 and 429 are tried again; an address that has expired is asked for again", async () => {
  reply = (request, response, attempt) =>
    attempt <= 2 ? void response.writeHead(attempt === 1 ? 500 : 429).end() : serve(request, response);
  await start();
  expect(await saved()).toEqual(body);
  requests = [];
  let asked = 0;
  reply = (request, response) =>
    request.url === "/fresh" ? serve(request, response) : void response.writeHead(403).end();
  const { port } = server.address() as AddressInfo;
  await start({
    url: async () => {
      asked += 1;
      return `http://127.0.0.1:${port}/${asked === 1 ? "old" : "fresh"}`;
    },
  });
  expect(asked).toBe(2);
  await expect(start({ url: `http://127.0.0.1:${port}/old` })).rejects.toMatchObject({ status: 403 });
});

test("typed errors: missing, endless, silent, elsewhere, no more room, aborted", async () => {
  reply = (_, response) => void response.writeHead(404).end();
  const missing = await start().catch((error: unknown) => error);
  expect(ApiCallError.isInstance(missing)).toBe(true);
  expect(String(missing)).not.toContain("signature");
  reply = (_, response) => void response.writeHead(200, { "content-length": 9 }).write("half");
  await expect(start({ attempts: 1, idleTimeoutMs: 200 })).rejects.toThrow(TimeoutError);
  reply = (request, response) => serve(request, response);
  await expect(start({ maxBytes: 1_000 })).rejects.toThrow(UnsupportedMediaError);
  reply = (_, response) => void response.writeHead(302, { location: "http://169.254.169.254/x" }).end();
  await expect(start({ allowPrivateAddresses: false })).rejects.toMatchObject({
    code: "connection",
    isRetryable: false,
  });
  const full = Object.assign(new Error("no room"), { code: "ENOSPC" });
  reply = (request, response) => serve(request, response);
  await expect(start({ onSize: () => Promise.reject(full) })).rejects.toBe(full);
  const controller = new AbortController();
  reply = () => controller.abort();
  await expect(start({ signal: controller.signal })).rejects.toThrow(AbortedError);
});
