import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import type { GoldenCase, GoldenExchange } from "./golden-case.ts";

/** A request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  readonly rawQuery: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A loopback server that plays the recorded answers of a case. */
export interface ReplayStub {
  readonly url: string;
  readonly requests: SeenRequest[];
  readonly maxInFlight: () => number;
  readonly close: () => Promise<void>;
}

/** Replaces `<BASE>`, `<IMAGES>` and `<API_KEY>`, and recorded pictures by their base64 text. */
export function fillPlaceholders(value: unknown, texts: Readonly<Record<string, string>>, images: string): unknown {
  if (typeof value === "string") {
    return Object.entries(texts).reduce((text, [name, replacement]) => text.replaceAll(name, replacement), value);
  }
  if (Array.isArray(value)) return value.map((entry) => fillPlaceholders(entry, texts, images));
  if (typeof value !== "object" || value === null) return value;
  const picture = (value as { $image?: { file?: string } }).$image;
  if (typeof picture === "object" && picture.file !== undefined) {
    return readFileSync(join(images, picture.file)).toString("base64");
  }
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, fillPlaceholders(entry, texts, images)]));
}

/**
 * Starts the stub: the i-th request gets the i-th answer, or, in an unordered case, the answer of an unused exchange for
 * which `isSame` holds. A request beyond the recording gets status 599.
 */
export async function startReplayStub(
  golden: GoldenCase,
  apiKey: string,
  images: string,
  isSame: (seen: SeenRequest, exchange: GoldenExchange, base: string) => Promise<boolean>,
): Promise<ReplayStub> {
  const requests: SeenRequest[] = [];
  const left = [...golden.exchanges];
  const sockets = new Set<Socket>();
  let inFlight = 0;
  let maxInFlight = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    maxInFlight = Math.max(maxInFlight, ++inFlight);
    const seen = await readRequest(request);
    requests.push(seen);
    // Lets the other requests of a concurrent call arrive, so that they can be counted.
    if (golden.unordered === true) await new Promise((resolve) => setTimeout(resolve, 15));
    inFlight -= 1;
    const taking = choosing.then(() => take(seen));
    choosing = taking;
    const exchange = await taking;
    if (exchange === undefined) response.writeHead(599).end("no exchange is left");
    else if (exchange.response.close === true) request.socket.destroy();
    else send(response, exchange.response);
  };
  // One request chooses its answer at a time.
  let choosing: Promise<unknown> = Promise.resolve();
  const take = async (seen: SeenRequest): Promise<GoldenExchange | undefined> => {
    if (golden.unordered !== true) return left.shift();
    for (const exchange of left) {
      if (await isSame(seen, exchange, url)) return left.splice(left.indexOf(exchange), 1)[0];
    }
    return left.shift();
  };
  const send = (response: ServerResponse, recorded: GoldenExchange["response"]): void => {
    const texts = { "<BASE>": url, "<API_KEY>": apiKey, "<IMAGES>": images };
    const { status = 200, json, text, $file, headers = {} } = recorded;
    const body =
      $file !== undefined
        ? readFileSync(join(images, $file))
        : json === undefined
          ? (text ?? "")
          : JSON.stringify(fillPlaceholders(json, texts, images));
    const type = json === undefined ? {} : { "content-type": "application/json" };
    response.writeHead(status, { ...type, ...headers }).end(body);
  };
  const server: Server = createServer((request, response) => void answer(request, response));
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    maxInFlight: () => maxInFlight,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readRequest(request: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const [path = "", ...rest] = (request.url ?? "").split("?");
  const rawQuery = rest.join("?");
  return {
    method: request.method ?? "",
    path,
    query: [...new URLSearchParams(rawQuery)],
    rawQuery,
    headers: request.headers,
    body: Buffer.concat(chunks).toString(),
  };
}
