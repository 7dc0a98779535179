import {
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  type MessageShape,
  toJson,
} from "@bufbuild/protobuf";
import { ConnectionError, GenerationError, InvalidArgumentError } from "@ocellus/core";
import { ClarifaiError } from "../../errors/clarifai-error.ts";
import { abortReason } from "../grpc/grpc-call.ts";
import type { RpcContext, RpcMethod, RpcTransport } from "../rpc-transport.ts";
import { restRoute } from "./rest-route.ts";

/** How the service is reached. */
export interface RestTransportOptions {
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly userAgent: string;
  readonly maxMessageBytes?: number | undefined;
}

const defaultMaxMessageBytes = 2 ** 30;

/**
 * The service's JSON form over HTTP: proto field names, bytes as base64, numeric status codes. Unary calls only; streams
 * need gRPC.
 */
export function createRestTransport(options: RestTransportOptions): RpcTransport {
  const { origin, maxMessageBytes = defaultMaxMessageBytes } = options;
  const headers = { ...options.headers, "content-type": "application/json", "user-agent": options.userAgent };
  const closing = new AbortController();
  return {
    url: origin,
    unary: async (method, request, context) => {
      const body = toJson(method.input, request, { useProtoFieldName: true, enumAsInteger: true }) as JsonObject;
      const route = restRoute(method.name, body);
      const url = `${origin}${route.path}`;
      const init = {
        method: route.verb,
        headers,
        signal: context.signal,
        ...(route.verb === "GET" ? {} : { body: JSON.stringify(route.body) }),
      };
      const [status, text] = await send(url, init, context, maxMessageBytes, closing.signal);
      return readAnswer(method, status, text, url);
    },
    stream: () => {
      throw new InvalidArgumentError('Streaming methods need gRPC; leave out transport: "rest" for them.');
    },
    close: async () => closing.abort(),
  };
}

async function send(
  url: string,
  init: RequestInit,
  { signal }: RpcContext,
  maxBytes: number,
  closing: AbortSignal,
): Promise<[status: number, text: string]> {
  try {
    closing.throwIfAborted();
    const response = await fetch(url, init);
    return [response.status, await readText(response, maxBytes)];
  } catch (cause) {
    if (signal.aborted) throw abortReason(signal);
    if (GenerationError.isInstance(cause)) throw cause;
    const reason = (cause as { cause?: { code?: string } }).cause?.code ?? (cause as Error).message;
    throw new ConnectionError(`No answer from ${url} (${reason}).`, { cause });
  }
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    length += piece.length;
    if (length > maxBytes) throw new GenerationError(`The answer is larger than the limit of ${maxBytes} bytes.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function readAnswer<Output extends DescMessage>(
  method: RpcMethod<DescMessage, Output>,
  status: number,
  text: string,
  url: string,
): MessageShape<Output> {
  const json = parseObject(text);
  // A body without a status is that of a proxy or gateway.
  if (json === null || json.status === undefined) throw gatewayError(status, text, url);
  try {
    return fromJson(method.output, json as JsonValue, { ignoreUnknownFields: true });
  } catch (cause) {
    throw new GenerationError(`The answer of ${url} cannot be read (${(cause as Error).message}).`, { cause });
  }
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function gatewayError(status: number, text: string, url: string): Error {
  const excerpt = text.slice(0, 200).replace(/\s+/g, " ");
  const message = `${url} answered with HTTP status ${status} and no Clarifai status: ${excerpt}`;
  if ([429, 502, 503, 504].includes(status)) return new ConnectionError(message);
  return new ClarifaiError(message, {
    statusCode: 0,
    description: excerpt,
    statusDetails: "",
    requestId: "",
    stackTrace: [],
    grpcStatus: null,
    status,
    url,
    outputIndex: null,
  });
}
