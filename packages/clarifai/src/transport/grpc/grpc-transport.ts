import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import type { RpcContext, RpcMethod, RpcTransport } from "../rpc-transport.ts";
import { GrpcCall, type GrpcCallListener } from "./grpc-call.ts";
import { type GrpcCallPlace, protocolError } from "./grpc-error.ts";
import { Http2Connection } from "./http2-connection.ts";
import { MessageStream } from "./message-stream.ts";

/** How the service is reached. */
export interface GrpcTransportOptions {
  /** `http:` or `https:` origin. */
  readonly origin: string;
  /** Headers of every call: credentials, request id prefix. */
  readonly headers: Readonly<Record<string, string>>;
  readonly userAgent: string;
  readonly rootCertificates?: string | undefined;
  readonly connectTimeoutMs?: number | undefined;
  /** Largest message that is taken. */
  readonly maxMessageBytes?: number | undefined;
}

const defaultMaxMessageBytes = 2 ** 30;

/**
 * gRPC over one HTTP/2 connection of `node:http2`: the protocol of
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md without compression of requests; answers may be gzip.
 */
export function createGrpcTransport(options: GrpcTransportOptions): RpcTransport {
  const { origin, connectTimeoutMs = 20_000, maxMessageBytes = defaultMaxMessageBytes } = options;
  const connection = new Http2Connection({ origin, rootCertificates: options.rootCertificates, connectTimeoutMs });
  const fixedHeaders = {
    ":method": "POST",
    "content-type": "application/grpc+proto",
    te: "trailers",
    "user-agent": options.userAgent,
    "grpc-accept-encoding": "identity,gzip",
    ...options.headers,
  };

  // One object per method: what does not change need not be made again for every call.
  const knownHeaders = new Map<string, Readonly<Record<string, string>>>();
  const headersOf = (path: string): Readonly<Record<string, string>> => {
    const known = knownHeaders.get(path) ?? { ...fixedHeaders, ":path": path };
    knownHeaders.set(path, known);
    return known;
  };
  const open = (path: string, context: RpcContext, isUnary: boolean, listener: GrpcCallListener): GrpcCall => {
    const { signal, timeoutMs } = context;
    const headers =
      timeoutMs === null ? headersOf(path) : { ...headersOf(path), "grpc-timeout": grpcTimeout(timeoutMs) };
    const place: GrpcCallPlace = { url: origin, path, timeoutMs };
    return new GrpcCall(connection.request(headers), { place, maxMessageBytes, signal, isUnary }, listener);
  };

  return {
    url: origin,
    unary: (method, request, context) =>
      new Promise((resolve, reject) => {
        const path = pathOf(method);
        const bytes = toBinary(method.input, request);
        let message: Uint8Array | null = null;
        const call = open(path, context, true, {
          onMessage: (received) => {
            message = received;
          },
          onEnd: (error) => {
            if (error !== null) return reject(error);
            const place: GrpcCallPlace = { url: origin, path, timeoutMs: context.timeoutMs };
            if (message === null) return reject(protocolError("INTERNAL", "the answer has no message.", place));
            settle(() => decodeMessage(method.output, message!, place), resolve, reject);
          },
        });
        call.end(bytes);
      }),
    stream: (method, requests, context) => {
      const path = pathOf(method);
      const place: GrpcCallPlace = { url: origin, path, timeoutMs: context.timeoutMs };
      return new MessageStream({
        open: (listener) => open(path, context, false, listener),
        encode: (request: MessageShape<typeof method.input>) => toBinary(method.input, request),
        decode: (bytes) => decodeMessage(method.output, bytes, place),
        requests,
      });
    },
    close: async () => connection.close(),
  };
}

function pathOf(method: RpcMethod<DescMessage, DescMessage>): string {
  return `/${method.parent.typeName}/${method.name}`;
}

/** At most eight digits and a unit. */
function grpcTimeout(timeoutMs: number): string {
  const ms = Math.max(1, Math.ceil(timeoutMs));
  return ms < 1e8 ? `${ms}m` : `${Math.ceil(ms / 1000)}S`;
}

function decodeMessage<Output extends DescMessage>(
  schema: Output,
  bytes: Uint8Array,
  place: GrpcCallPlace,
): MessageShape<Output> {
  try {
    return fromBinary(schema, bytes);
  } catch (cause) {
    throw protocolError("INTERNAL", `the answer is no ${schema.name} message (${(cause as Error).message}).`, place);
  }
}

function settle<Value>(make: () => Value, resolve: (value: Value) => void, reject: (error: unknown) => void): void {
  let value: Value;
  try {
    value = make();
  } catch (thrown) {
    reject(thrown);
    return;
  }
  resolve(value);
}
