import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from "node:http2";
import { abortError, VisionError } from "@ocellus/core";
import { brokenConnection, type GrpcCallPlace, grpcStatusError, httpStatusError, protocolError } from "./grpc-error.ts";
import { decodeGrpcMessage } from "./grpc-status.ts";
import { FrameError, frameMessage, MessageFrames } from "./message-frames.ts";

/** Takes what a call receives. */
export interface GrpcCallListener {
  onMessage(message: Uint8Array): void;
  /** Called once: with `null` for status OK, else with the error. No message comes after it. */
  onEnd(error: unknown): void;
}

/** How a call is run. */
export interface GrpcCallOptions {
  readonly place: GrpcCallPlace;
  readonly maxMessageBytes: number;
  readonly signal: AbortSignal;
  /** The answer is one message: the call ends with its status, without waiting for the end of the stream. */
  readonly isUnary: boolean;
}

/** One gRPC call on an HTTP/2 stream: frames, status, cancelling. */
export class GrpcCall {
  readonly #stream: ClientHttp2Stream;
  readonly #options: GrpcCallOptions;
  readonly #listener: GrpcCallListener;
  readonly #frames: MessageFrames;
  readonly #onAbort = (): void => this.cancel(abortReason(this.#options.signal));
  #status: { readonly code: number; readonly message: string } | null = null;
  #httpStatus = 0;
  #received = 0;
  #isEnded = false;

  constructor(stream: ClientHttp2Stream, options: GrpcCallOptions, listener: GrpcCallListener) {
    this.#stream = stream;
    this.#options = options;
    this.#listener = listener;
    this.#frames = new MessageFrames(options.maxMessageBytes);
    stream.once("response", (headers) => this.#onHeaders(headers));
    stream.once("trailers", (headers) => this.#onTrailers(headers));
    stream.on("data", (piece: Buffer) => this.#onData(piece));
    stream.once("end", () => this.#onStreamEnd(null));
    stream.on("error", (cause) => this.#onStreamEnd(cause));
    stream.once("close", () => this.#onStreamEnd(null));
    options.signal.addEventListener("abort", this.#onAbort, { once: true });
    if (options.signal.aborted) this.#onAbort();
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Sends a message; false when the caller should wait for {@link drained} before the next. */
  send(message: Uint8Array): boolean {
    if (this.#isEnded) return true;
    let isRoomy = true;
    for (const piece of frameMessage(message)) isRoomy = this.#stream.write(piece);
    return isRoomy;
  }

  /** Resolves when more can be sent, or the call has ended. */
  drained(): Promise<void> {
    const stream = this.#stream;
    if (stream.closed || stream.destroyed || !stream.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const settle = (): void => {
        stream.off("drain", settle);
        stream.off("close", settle);
        resolve();
      };
      stream.on("drain", settle);
      stream.on("close", settle);
    });
  }

  /** No more messages will be sent; with one, it is the last. */
  end(last?: Uint8Array): void {
    if (this.#isEnded) return;
    const pieces = last === undefined ? [] : frameMessage(last);
    const final = pieces.pop();
    for (const piece of pieces) this.#stream.write(piece);
    if (final === undefined) this.#stream.end();
    else this.#stream.end(final);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Gives the call up: the server is told, and the listener gets `error`. */
  cancel(error: unknown): void {
    this.#finish(error);
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #onHeaders(headers: IncomingHttpHeaders & { ":status"?: number | undefined }): void {
    this.#httpStatus = headers[":status"] ?? 0;
    this.#readStatus(headers);
  }

  #onTrailers(headers: IncomingHttpHeaders): void {
    this.#readStatus(headers);
    if (this.#status === null) return;
    if (this.#options.isUnary && (this.#received > 0 || this.#status.code !== 0)) this.#onStreamEnd(null);
  }

  #readStatus(headers: IncomingHttpHeaders): void {
    const status = headers["grpc-status"];
    if (typeof status !== "string") return;
    const message = headers["grpc-message"];
    this.#status = { code: Number(status), message: typeof message === "string" ? decodeGrpcMessage(message) : "" };
  }

  #onData(piece: Buffer): void {
    if (this.#isEnded || this.#httpStatus !== 200) return;
    try {
      this.#frames.push(piece, (message) => {
        this.#received++;
        if (!this.#isEnded) this.#listener.onMessage(message);
      });
    } catch (thrown) {
      const { place } = this.#options;
      this.cancel(thrown instanceof FrameError ? protocolError(thrown.status, thrown.message, place) : thrown);
    }
  }

  #onStreamEnd(cause: unknown): void {
    if (!this.#isEnded) this.#finish(this.#outcome(cause));
  }

  #outcome(cause: unknown): unknown {
    const { place } = this.#options;
    if (this.#status !== null && this.#status.code === 0) {
      return this.#frames.isPartial ? protocolError("INTERNAL", "the answer ended within a message.", place) : null;
    }
    if (this.#status !== null) return grpcStatusError(this.#status.code, this.#status.message, place);
    if (this.#httpStatus !== 0 && this.#httpStatus !== 200) return httpStatusError(this.#httpStatus, place);
    const code = this.#stream.rstCode ?? 0;
    if (code === constants.NGHTTP2_ENHANCE_YOUR_CALM)
      return protocolError("RESOURCE_EXHAUSTED", "the server wants fewer calls.", place);
    return brokenConnection(cause ?? (code === 0 ? undefined : new Error(`HTTP/2 error ${code}`)), place);
  }

  #finish(error: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    this.#listener.onEnd(error);
  }
}

/** The typed error of an aborted signal; a reason that is typed already (a time limit) passes. */
export function abortReason(signal: AbortSignal): unknown {
  return VisionError.isInstance(signal.reason) ? signal.reason : abortError(signal);
}
