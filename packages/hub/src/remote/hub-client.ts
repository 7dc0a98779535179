import { ConnectionError, ModelLoadError, VisionError } from "@ocellus/core";
import {
  type ConnectionPool,
  createConnectionPool,
  type HttpStream,
  type RetryPolicy,
  streamWithRetries,
} from "@ocellus/http";
import type { HubSettings } from "../resolve-hub-options.ts";
import { type HubSubject, hubError } from "./hub-error.ts";

/** One GET to the Hub. */
export interface HubRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Longest body in bytes. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Talks to one Hub about one model. */
export interface HubClient {
  /** Address of the model below the API: `<endpoint>/api/models/<id>`. */
  readonly apiUrl: string;
  /** Address of a file of a commit. */
  fileUrl(commit: string, path: string): string;
  /**
   * Opens the body of a successful answer (2xx). Redirects are followed; the token goes to the endpoint's own origin
   * only. Refused and failed requests are repeated, as far as the settings allow.
   *
   * @throws ApiCallError for another status, with what to do; ConnectionError, TimeoutError, AbortedError
   */
  open(request: HubRequest): Promise<HttpStream>;
  /** Reads a small JSON answer. Throws like {@link HubClient.open}; ModelLoadError when it is no JSON. */
  readJson(request: HubRequest): Promise<HubJson>;
  /** Closes kept connections. */
  close(): void;
}

/** A JSON answer. */
export interface HubJson {
  readonly json: unknown;
  /** The `Link` header, which leads to the next page. */
  readonly link: string | undefined;
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const maxRedirects = 5;
/** Passing troubles: time-out, rate limit, server side. */
const retriedStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
/** The Hub's rate limits begin anew every five minutes. */
const maxWaitMs = 330_000;

/** A client for `subject`. */
export function createHubClient(settings: HubSettings, subject: HubSubject): HubClient {
  const { attempts } = settings;
  const pool = createConnectionPool({ maxConnections: 8 });
  const { endpoint, id } = subject;
  const policy: RetryPolicy = {
    attempts,
    statuses: retriedStatuses,
    maxDelayMs: settings.maxRetryDelayMs,
    totalTimeoutMs: attempts === 1 ? settings.requestTimeoutMs : maxWaitMs + attempts * settings.requestTimeoutMs,
  };
  const open = (request: HubRequest): Promise<HttpStream> => follow(request, { settings, subject, pool, policy });
  return {
    apiUrl: `${endpoint}/api/models/${id}`,
    fileUrl: (commit, path) =>
      `${endpoint}/${id}/resolve/${commit}/${path.split("/").map(encodeURIComponent).join("/")}`,
    open,
    readJson: async (request) => {
      for (let tries = 1; ; tries += 1) {
        const stream = await open(request);
        try {
          return await readWhole(stream, request.url);
        } catch (error) {
          if (!VisionError.isInstance(error) || !error.isRetryable || tries >= attempts) throw error;
        }
      }
    },
    close: () => pool.close(),
  };
}

interface FollowContext {
  readonly settings: HubSettings;
  readonly subject: HubSubject;
  readonly pool: ConnectionPool;
  readonly policy: RetryPolicy;
}

async function follow(request: HubRequest, { settings, subject, pool, policy }: FollowContext): Promise<HttpStream> {
  const home = new URL(subject.endpoint);
  let url = request.url;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const isHome = new URL(url).origin === home.origin;
    const authorization =
      isHome && subject.token !== undefined ? { authorization: `Bearer ${subject.token.value}` } : {};
    const answer = await streamWithRetries(
      {
        url,
        headers: { ...request.headers, ...authorization },
        signal: request.signal,
        timeoutMs: settings.requestTimeoutMs,
        idleTimeoutMs: settings.idleTimeoutMs,
        bodyTimeoutMs: settings.timeoutMs,
        maxBytes: request.maxBytes,
        pool,
      },
      policy,
    );
    if (!("bytes" in answer)) return answer;
    const { location } = answer.headers;
    if (!redirectStatuses.has(answer.status) || location === undefined) throw hubError(answer, url, subject);
    url = redirectTarget(location, url, home);
  }
  throw new ConnectionError(`${subject.endpoint} redirects more than ${maxRedirects} times for ${subject.id}.`, {
    isRetryable: false,
  });
}

/** A Hub that is reached over https never leads to plain http, where anyone on the way could read along. */
function redirectTarget(location: string, from: string, home: URL): string {
  const target = URL.canParse(location, from) ? new URL(location, from) : undefined;
  const isAllowed = target?.protocol === "https:" || (target?.protocol === "http:" && home.protocol === "http:");
  if (target !== undefined && isAllowed) return target.href;
  throw new ConnectionError(`${new URL(from).origin} redirects to an address that is not https.`, {
    isRetryable: false,
  });
}

async function readWhole({ chunks, headers: { link } }: HttpStream, url: string): Promise<HubJson> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return { json: parse(Buffer.concat(pieces), url), link: Array.isArray(link) ? link.join(", ") : link };
}

function parse(bytes: Uint8Array, url: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    const { origin, pathname } = new URL(url);
    throw new ModelLoadError(
      `${origin}${pathname} did not answer with JSON. Check that the endpoint (HF_ENDPOINT) is a Hugging Face Hub.`,
      { cause },
    );
  }
}
