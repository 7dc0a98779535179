import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from "node:http2";
import { DisposedError } from "@ocellus/core";

/** How a connection is made. */
export interface ConnectionOptions {
  /** Origin, `https://api.clarifai.com` or `http://127.0.0.1:8000`. */
  readonly origin: string;
  /** PEM certificates to trust instead of the system's. */
  readonly rootCertificates: string | undefined;
  /** Longest time until the connection stands. */
  readonly connectTimeoutMs: number;
}

/** Bytes that the server may send ahead, per call and in all. */
const streamWindowBytes = 4 * 1024 * 1024;
const sessionWindowBytes = 32 * 1024 * 1024;
/** TCP keep-alive after this much silence. HTTP/2 pings are left off: the runner takes frequent ones for an attack. */
const keepAliveMs = 60_000;

/**
 * One HTTP/2 connection that is made at the first call and made again when it was lost. It does not keep the process
 * running while no call is.
 */
export class Http2Connection {
  readonly #options: ConnectionOptions;
  #session: ClientHttp2Session | null = null;
  readonly #sessions = new Set<ClientHttp2Session>();
  #isClosed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /**
   * Opens a stream for one call.
   *
   * @throws DisposedError after `close`
   */
  request(headers: OutgoingHttpHeaders): ClientHttp2Stream {
    if (this.#isClosed) throw new DisposedError(`The connection to ${this.#options.origin} is closed.`);
    const session = this.#open();
    const stream = session.request(headers);
    const calls = (calling.get(session) ?? 0) + 1;
    calling.set(session, calls);
    if (calls === 1) session.ref();
    stream.once("close", () => {
      const left = (calling.get(session) ?? 1) - 1;
      calling.set(session, left);
      if (left === 0 && !session.destroyed) session.unref();
    });
    return stream;
  }

  /** Ends everything at once. */
  close(): void {
    this.#isClosed = true;
    for (const session of this.#sessions) session.destroy();
    this.#session = null;
  }

  #open(): ClientHttp2Session {
    if (this.#session !== null && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const { origin, rootCertificates, connectTimeoutMs } = this.#options;
    const session = connect(origin, {
      ...socketOptions,
      settings: { enablePush: false, initialWindowSize: streamWindowBytes },
      ...(rootCertificates === undefined ? {} : { ca: rootCertificates }),
    });
    const timer = setTimeout(
      () => session.destroy(new Error(`no connection within ${connectTimeoutMs} ms`)),
      connectTimeoutMs,
    );
    session.once("connect", (_, socket) => {
      clearTimeout(timer);
      session.setLocalWindowSize(sessionWindowBytes);
      socket.setKeepAlive(true, keepAliveMs);
    });
    const drop = (): void => {
      if (this.#session === session) this.#session = null;
    };
    session.on("error", drop);
    session.on("goaway", drop);
    session.once("close", () => {
      clearTimeout(timer);
      this.#sessions.delete(session);
      drop();
    });
    this.#sessions.add(session);
    this.#session = session;
    return session;
  }
}

/** Small requests go out at once: Node leaves Nagle's algorithm on for HTTP/2. Passed on to `net.connect`. */
const socketOptions: object = { noDelay: true };

/** Calls that run on a session. */
const calling = new WeakMap<ClientHttp2Session, number>();
