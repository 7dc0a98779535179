import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A request as the stub got it. */
export interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed; `{}` without a body. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into arbitrary bodies
  readonly body: any;
}

/** Answers one request to `/chat/completions`. */
export type StubReply = (request: StubRequest, response: ServerResponse, attempt: number) => void | Promise<void>;

/** A server on loopback. */
export interface StubServer extends AsyncDisposable {
  /** Ends in `/v1`. */
  readonly baseUrl: string;
  /** Requests to `/chat/completions`, in order. */
  readonly asked: readonly StubRequest[];
  /** Requests to `/models`. */
  readonly probes: readonly StubRequest[];
  /** Open connections. */
  readonly sockets: ReadonlySet<Socket>;
  close(): Promise<void>;
}

/** What the stub says about itself. */
export interface StubOptions {
  /** `owned_by` of its models; `null` answers `/models` with 404. */
  readonly owner?: string | null;
  readonly models?: readonly string[];
}

/** Starts a server that answers chat completions as the test says. */
export async function startStubServer(reply: StubReply, options: StubOptions = {}): Promise<StubServer> {
  const { owner = "somebody", models = ["tiny"] } = options;
  const asked: StubRequest[] = [];
  const probes: StubRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(async (incoming, response) => {
    const request = await readRequest(incoming);
    if (request.path === "/v1/models") {
      probes.push(request);
      if (owner === null) return sendJson(response, { detail: "Not Found" }, 404);
      return sendJson(response, { object: "list", data: models.map((id) => ({ id, owned_by: owner })) });
    }
    asked.push(request);
    await reply(request, response, asked.length);
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  const { port } = server.address() as AddressInfo;
  return { baseUrl: `http://127.0.0.1:${port}/v1`, asked, probes, sockets, close, [Symbol.asyncDispose]: close };
}

async function readRequest(incoming: IncomingMessage): Promise<StubRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const { method = "", url = "", headers } = incoming;
  return { method, path: url, headers, body: text === "" ? {} : JSON.parse(text) };
}

/** Sends a JSON answer. */
export function sendJson(
  response: ServerResponse,
  value: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(value));
}

/** A completion with one choice. */
export function completion(content: string, more: Readonly<Record<string, unknown>> = {}): object {
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    model: "tiny",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
    ...more,
  };
}

/** Begins a stream of events. */
export function beginStream(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "x-request-id": "req-stream" });
}

/** One event with a piece of text. */
export function textEvent(content: string): string {
  return `data: ${JSON.stringify({ id: "chatcmpl-1", model: "tiny", choices: [{ index: 0, delta: { content } }] })}\n\n`;
}

/** The end of a stream: the reason, the usage, the end mark. */
export const endOfStream: string =
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\n` +
  `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 12, completion_tokens: 3 } })}\n\ndata: [DONE]\n\n`;

/** Answers every question with the same text, as a stream when that is asked for. */
export function answering(...pieces: readonly string[]): StubReply {
  return ({ body }, response) => {
    if (body.stream !== true) return sendJson(response, completion(pieces.join("")));
    beginStream(response);
    for (const piece of pieces) response.write(textEvent(piece));
    response.end(endOfStream);
  };
}
