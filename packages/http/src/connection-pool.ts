import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";

/** Limits of {@link createConnectionPool}; defaults in parentheses. */
export interface ConnectionPoolOptions {
  /** Most connections to one origin (64). Further requests wait. */
  readonly maxConnections?: number | undefined;
  /**
   * How long an idle connection is kept in milliseconds (4,000). Below the five seconds after which common servers
   * (uvicorn, Node) close theirs, so that a request seldom meets a connection that is just being closed.
   */
  readonly idleTimeoutMs?: number | undefined;
}

/** Connections that are kept open between requests. Idle ones do not keep the process alive. */
export interface ConnectionPool {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  /** Closes every connection; requests that run on them fail. A later request opens new ones. */
  close(): void;
}

/** Makes a pool of kept-alive connections for `sendRequest`. */
export function createConnectionPool(options: ConnectionPoolOptions = {}): ConnectionPool {
  const { maxConnections = 64, idleTimeoutMs = 4_000 } = options;
  const settings = { keepAlive: true, maxSockets: maxConnections, timeout: idleTimeoutMs, scheduling: "lifo" } as const;
  const http = new HttpAgent(settings);
  const https = new HttpsAgent(settings);
  return {
    http,
    https,
    close: () => {
      http.destroy();
      https.destroy();
    },
  };
}
