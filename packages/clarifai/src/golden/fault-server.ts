import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { create, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import {
  ModelVersionSchema,
  type MultiOutputResponse,
  MultiOutputResponseSchema,
  type PostModelOutputsRequest,
  V2,
} from "../gen/clarifai/api/inference_pb.ts";
import { modelVersionBytes } from "./recorded-case.ts";

/** A server made of handlers, on an implementation of gRPC that is not ours. */
export interface FaultServer {
  readonly port: number;
  /** Calls of each RPC so far. */
  readonly counts: Record<string, number>;
  /** Breaks every connection. */
  drop(): void;
  close(): Promise<void>;
}

/** Handlers of the three output calls; the rest is answered with the recorded methods of `alltypes`. */
export type OutputHandlers = Partial<
  Pick<ServiceImpl<typeof V2>, "postModelOutputs" | "generateModelOutputs" | "streamModelOutputs" | "getModelVersion">
>;

/** A response with one output whose part `return` holds a text. */
export function textResponse(text: string): MultiOutputResponse {
  const init: MessageInitShape<typeof MultiOutputResponseSchema> = {
    status: { code: 10000 },
    outputs: [{ status: { code: 10000 }, data: { parts: [{ id: "return", data: { stringValue: text } }] } }],
  };
  return create(MultiOutputResponseSchema, init);
}

/** A response that is only a status. */
export function statusResponse(code: number, description = "", details = ""): MultiOutputResponse {
  return create(MultiOutputResponseSchema, { status: { code, description, details, reqId: "req-1" } });
}

/** The text of the first string argument of a request. */
export function promptOf({ inputs }: PostModelOutputsRequest): string {
  return inputs[0]?.data?.parts[0]?.data?.stringValue ?? "";
}

/** Starts a {@link FaultServer} on a free port of the loopback. */
export async function startFaultServer(handlers: OutputHandlers): Promise<FaultServer> {
  const counts: Record<string, number> = {};
  const count = (name: string): number => {
    counts[name] = (counts[name] ?? 0) + 1;
    return counts[name]!;
  };
  const modelVersion = fromBinary(ModelVersionSchema, modelVersionBytes("alltypes"));
  const status = { code: 10000 } as const;
  const unimplemented = (): never => {
    throw new ConnectError("no such call", Code.Unimplemented);
  };
  const adapter = connectNodeAdapter({
    connect: false,
    grpcWeb: false,
    routes: (router) => {
      router.service(V2, {
        getModel: async () => ({ status, model: { id: "alltypes" } }),
        getModelVersion: async (request, context) => {
          count("getModelVersion");
          const own = handlers.getModelVersion;
          return own === undefined ? { status, modelVersion } : await own(request, context);
        },
        postModelOutputs: async (request: PostModelOutputsRequest, context: HandlerContext) => {
          count("postModelOutputs");
          return await (handlers.postModelOutputs ?? unimplemented)(request, context);
        },
        generateModelOutputs: (request: PostModelOutputsRequest, context: HandlerContext) => {
          count("generateModelOutputs");
          return (handlers.generateModelOutputs ?? unimplemented)(request, context);
        },
        streamModelOutputs: (requests: AsyncIterable<PostModelOutputsRequest>, context: HandlerContext) => {
          count("streamModelOutputs");
          return (handlers.streamModelOutputs ?? unimplemented)(requests, context);
        },
      });
    },
  });
  const sessions = new Set<ServerHttp2Session>();
  const server: Http2Server = createServer(adapter as never);
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => undefined);
    session.once("close", () => sessions.delete(session));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const drop = (): void => {
    for (const session of sessions) session.destroy();
  };
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      drop();
    });
  return { port: (server.address() as AddressInfo).port, counts, drop, close };
}
