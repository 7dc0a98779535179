import { createServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";

/** One recorded call: what to answer, and how it ends. */
export interface RecordedAnswer {
  /** Messages as gRPC frames. */
  readonly frames: Uint8Array;
  readonly grpcStatus: number;
  readonly grpcMessage: string;
}

/** A call that the server got. */
export interface ReceivedCall {
  readonly rpc: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Request messages. */
  readonly messages: Uint8Array[];
}

/** A gRPC server that answers from a script, byte for byte, after the request has ended. */
export interface ReplayServer {
  readonly port: number;
  readonly calls: ReceivedCall[];
  /** Looked at for every call; `null` is UNIMPLEMENTED. */
  answer: (rpc: string) => RecordedAnswer | null;
  close(): Promise<void>;
}

/** Cuts gRPC frames into messages. */
export function splitFrames(frames: Uint8Array): Uint8Array[] {
  const view = Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength);
  const messages: Uint8Array[] = [];
  for (let at = 0; at < view.length; ) {
    const length = view.readUInt32BE(at + 1);
    messages.push(view.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return messages;
}

/** Starts a {@link ReplayServer} on a free port of the loopback. */
export async function startReplayServer(): Promise<ReplayServer> {
  const calls: ReceivedCall[] = [];
  const server: Http2Server = createServer();
  const replay: ReplayServer = {
    port: 0,
    calls,
    answer: () => null,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    const pieces: Buffer[] = [];
    stream.on("error", () => undefined);
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    stream.on("end", () => {
      const rpc = String(headers[":path"]).split("/").at(-1)!;
      calls.push({ rpc, headers: headers as Record<string, string>, messages: splitFrames(Buffer.concat(pieces)) });
      respond(stream, replay.answer(rpc));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(replay, { port: (server.address() as AddressInfo).port });
}

function respond(stream: ServerHttp2Stream, answer: RecordedAnswer | null): void {
  const { frames, grpcStatus, grpcMessage } = answer ?? { frames: new Uint8Array(), grpcStatus: 12, grpcMessage: "" };
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => {
    stream.sendTrailers({ "grpc-status": String(grpcStatus), "grpc-message": encodeURIComponent(grpcMessage) });
  });
  stream.end(frames);
}
