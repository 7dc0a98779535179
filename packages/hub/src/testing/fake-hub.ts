import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that the fake Hub or its storage got. */
export interface SeenRequest {
  readonly at: "hub" | "storage";
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
}

/** The body of a file as it is about to be sent. */
export interface FileExchange {
  readonly file: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly content: Buffer;
  /** Counts the requests for this file's body, from 1. */
  readonly count: number;
  /** Sends the body as a well-behaved server does. */
  readonly send: (content?: Buffer, etag?: string) => void;
}

/** What the fake Hub offers. */
export interface FakeHubOptions {
  readonly id?: string;
  readonly files: Readonly<Record<string, Buffer>>;
  /** Files that live at the storage, another origin, as LFS files do. Default: those that end in .safetensors. */
  readonly isLarge?: (file: string) => boolean;
  /** Entries of one page of the file list. */
  readonly pageSize?: number;
}

/** A Hub on loopback with one model, in the protocol of huggingface.co as its Python client uses it. */
export interface FakeHub {
  readonly endpoint: string;
  readonly storage: string;
  readonly id: string;
  readonly seen: SeenRequest[];
  /** Branch or tag → commit. */
  readonly refs: Record<string, string>;
  /** Answers a request in place of the Hub; returns true when it did. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** Sends a file's body in place of the Hub, or makes it worse. */
  sendFile: ((exchange: FileExchange) => void) | undefined;
  close(): Promise<void>;
}

/** The commit that `main` stands for at the start. */
export const mainCommit = "1".repeat(40);

/** Name of the blob of an LFS file. */
export const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");
/** Name of the blob of any other file. */
export const gitSha1 = (content: Buffer): string =>
  createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");

/** Starts both servers on free ports. */
export async function startFakeHub(options: FakeHubOptions): Promise<FakeHub> {
  const { id = "acme/tiny-vl", files, isLarge = (file) => file.endsWith(".safetensors"), pageSize = 1000 } = options;
  const counts = new Map<string, number>();
  const etagOf = (file: string): string => (isLarge(file) ? sha256(files[file]!) : gitSha1(files[file]!));
  const servers = [createServer(), createServer()] as const;
  const [endpoint, storage] = (await Promise.all(servers.map(listen))) as [string, string];
  const hub: FakeHub = {
    ...{ endpoint, storage, id, seen: [], refs: { main: mainCommit } },
    ...{ intercept: undefined, sendFile: undefined },
    close: async () => {
      await Promise.all(servers.map(closeServer));
    },
  };
  const note = (at: SeenRequest["at"], { method = "", url = "", headers }: IncomingMessage): void => {
    hub.seen.push({ at, method, path: url, headers });
  };
  const body = (file: string, request: IncomingMessage, response: ServerResponse): void => {
    const content = files[file]!;
    const count = (counts.get(file) ?? 0) + (request.method === "GET" ? 1 : 0);
    counts.set(file, count);
    const send = (bytes = content, etag = `"${etagOf(file)}"`): void => sendRange(request, response, bytes, etag);
    if (hub.sendFile !== undefined && request.method === "GET") {
      hub.sendFile({ file, request, response, content, count, send });
    } else send();
  };
  servers[0].on("request", (request, response) => {
    note("hub", request);
    if (hub.intercept?.(request, response) === true) return;
    const { pathname, searchParams } = new URL(request.url ?? "", endpoint);
    const [, revision] = /^\/api\/models\/[^/]+\/[^/]+\/revision\/(.+)$/.exec(pathname) ?? [];
    const isTree = /^\/api\/models\/[^/]+\/[^/]+\/tree\//.test(pathname);
    const [, commit = "", file = ""] = /^\/[^/]+\/[^/]+\/resolve\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
    const isKnown = pathname.startsWith(`/api/models/${id}/`) || pathname.startsWith(`/${id}/`);
    if (!isKnown) refuse(response, 404, "RepoNotFound");
    else if (revision !== undefined) sendRevision(decodeURIComponent(revision), response);
    else if (isTree) sendTree(searchParams, pathname, response);
    else sendFileHead(decodeURIComponent(file), commit, request, response);
  });
  servers[1].on("request", (request, response) => {
    note("storage", request);
    body(decodeURIComponent(new URL(request.url ?? "", storage).pathname.slice(1)), request, response);
  });
  function sendRevision(revision: string, response: ServerResponse): void {
    const sha = /^[\da-f]{40}$/.test(revision) ? revision : hub.refs[revision];
    const siblings = Object.keys(files).map((rfilename) => ({ rfilename }));
    if (sha === undefined) refuse(response, 404, "RevisionNotFound");
    else response.setHeader("content-type", "application/json").end(JSON.stringify({ id, sha, siblings }));
  }
  function sendTree(search: URLSearchParams, path: string, response: ServerResponse): void {
    const start = Number(search.get("cursor") ?? 0);
    const names = Object.keys(files);
    const entries = names.slice(start, start + pageSize).map((file) => entryOf(file, files[file]!, isLarge(file)));
    if (start + pageSize < names.length) {
      const next = `${endpoint}${path}?recursive=true&expand=false&cursor=${start + pageSize}`;
      response.setHeader("link", `<${next}>; rel="next"`);
    }
    response.setHeader("content-type", "application/json").end(JSON.stringify(entries));
  }
  function sendFileHead(file: string, commit: string, request: IncomingMessage, response: ServerResponse): void {
    if (files[file] === undefined) {
      refuse(response, 404, "EntryNotFound");
      return;
    }
    response.setHeader("x-repo-commit", commit.length === 40 ? commit : (hub.refs[commit] ?? ""));
    if (!isLarge(file)) {
      body(file, request, response);
      return;
    }
    response.writeHead(302, {
      location: `${storage}/${encodeURIComponent(file)}?X-Signature=secret`,
      etag: `"${gitSha1(Buffer.from(file))}"`,
      "x-linked-etag": `"${etagOf(file)}"`,
      "x-linked-size": String(files[file]!.length),
    });
    response.end();
  }
  return hub;
}

/** An entry of the file list. */
export function entryOf(path: string, content: Buffer, isLarge: boolean): object {
  const entry = { type: "file", oid: gitSha1(content), size: content.length, path };
  return isLarge ? { ...entry, lfs: { oid: sha256(content), size: content.length, pointerSize: 134 } } : entry;
}

/** An answer as the Hub refuses with it. */
export function refuse(response: ServerResponse, status: number, code: string, message = code): void {
  response
    .writeHead(status, { "x-error-code": code, "x-error-message": message })
    .end(JSON.stringify({ error: message }));
}

/** Range and If-Range as RFC 9110 has them. */
function sendRange(request: IncomingMessage, response: ServerResponse, content: Buffer, etag: string): void {
  const { range, "if-range": condition } = request.headers;
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? Number.NaN);
  const isPart = Number.isInteger(start) && (condition === undefined || condition === etag);
  response.setHeader("etag", etag);
  if (isPart && start >= content.length) {
    response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
    return;
  }
  const bytes = isPart ? content.subarray(start) : content;
  if (isPart) response.setHeader("content-range", `bytes ${start}-${content.length - 1}/${content.length}`);
  response.writeHead(isPart ? 206 : 200, { "content-length": bytes.length });
  response.end(request.method === "HEAD" ? undefined : bytes);
}

function listen(server: Server): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
