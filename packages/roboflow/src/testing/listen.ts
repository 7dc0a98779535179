import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { silentLogger, VisionError } from "@ocellus/core";
import type { InferenceHTTPClientOptions } from "../client/client-options.ts";
import { InferenceHTTPClient } from "../client/inference-http-client.ts";

const closers: (() => Promise<unknown>)[] = [];

/** A server on loopback, with its open connections. */
export interface LocalServer {
  readonly url: string;
  readonly sockets: ReadonlySet<Socket>;
}

/** Ends every server and client that the helpers of this file made. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0)) await close();
}

/** Lets a server listen until {@link closeAll}. */
export async function listen(server: Server): Promise<LocalServer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}

/** A server with one handler. */
export const serve = (handler: RequestListener): Promise<LocalServer> => listen(createServer(handler));

/** The text of a request's body. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** A server that answers every request with JSON, and keeps the requests as `METHOD path body`. */
export async function serveJson(
  answer: (path: string, body: unknown, count: number) => unknown,
): Promise<LocalServer & { readonly requests: string[] }> {
  const requests: string[] = [];
  const server = await serve(async (request, response) => {
    const text = await bodyOf(request);
    requests.push(`${request.method} ${request.url} ${text}`.trimEnd());
    const json = answer(request.url ?? "", text.startsWith("{") ? JSON.parse(text) : text, requests.length);
    response.setHeader("content-type", "application/json").end(JSON.stringify(json));
  });
  return { ...server, requests };
}

/** A client that is quiet, retries at once, and ends with {@link closeAll}. */
export function clientOf(url: string, options: Partial<InferenceHTTPClientOptions> = {}): InferenceHTTPClient {
  const client = new InferenceHTTPClient({
    apiUrl: url,
    apiKey: "test-key-1234567890",
    maxRetryDelayMs: 1,
    logger: silentLogger,
    ...options,
  });
  closers.push(() => client.close());
  return client;
}

/** The error of a call that must fail with one of ours. */
export async function failure(work: Promise<unknown>): Promise<VisionError & Record<string, unknown>> {
  const error = await work.then(
    (value) => new Error(`it returned ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (!VisionError.isInstance(error)) throw error;
  return error as VisionError & Record<string, unknown>;
}
