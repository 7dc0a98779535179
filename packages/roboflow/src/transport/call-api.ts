import { linkAbort, VisionError } from "@ocellus/core";
import { type HttpAnswer, type HttpRequest, sendRequest, sendWithRetries } from "@ocellus/http";
import { environment } from "../configuration/environment.ts";
import type { EncodedImage } from "../images/encode-image-input.ts";
import type { CallOptions, ClientState } from "./client-state.ts";
import { encodeBody } from "./encode-body.ts";
import { keyTransport } from "./key-transport.ts";
import { redactSecret } from "./redact-key.ts";
import { callError } from "./server-error-report.ts";

/** One request to the API of a client. */
export interface ApiRequest {
  readonly method: "GET" | "POST";
  /** Begins with a slash; appended to the client's URL as it is. */
  readonly path: string;
  readonly query?: readonly (readonly [string, string])[];
  /** Sent as JSON. */
  readonly json?: object;
  /** Pictures that become the member `image` of `json`. */
  readonly images?: readonly EncodedImage[];
  /** Sent as it is, when there is no `json`. */
  readonly text?: string | Uint8Array;
  /** Of `text`, or of a request without body. Default: JSON when there is a body. */
  readonly contentType?: string;
  /** The request may be sent again: 3 tries, kept-alive connections. */
  readonly mayRepeat: boolean;
  /** Use a kept-alive connection although it is not tried again; for requests that only read. Default false. */
  readonly onlyReads?: boolean;
  /** Send the key's header. Default true. */
  readonly withKey?: boolean;
  /** Send the `execution_id` header. Default false. */
  readonly withExecutionId?: boolean;
}

const retriedStatuses: ReadonlySet<number> = new Set([429, 503, 504]);
const attempts = 3;

/**
 * Sends a request of the client and returns an answer of status 2xx.
 *
 * @throws HTTPCallError for any other status; redirects are not followed, as they would take the key along
 * @throws ConnectionError, TimeoutError, AbortedError, UnsupportedMediaError of `@ocellus/http`, without the key
 */
export async function callApi(state: ClientState, request: ApiRequest, call: CallOptions = {}): Promise<HttpAnswer> {
  const { signal, unlink } = signalOf(state, call);
  const url = urlOf(state, request);
  try {
    const answer = await send(state, { ...httpRequest(state, request, call), url, signal }, request, call);
    if (answer.status < 200 || answer.status >= 300) throw callError(state, request.method, url, answer);
    return answer;
  } catch (error) {
    throw withoutSecrets(error, state);
  } finally {
    unlink();
  }
}

/** Ends with the client, or with the call's own signal. */
function signalOf({ closing }: ClientState, call: CallOptions): { readonly signal: AbortSignal; unlink(): void } {
  if (call.signal === undefined) return { signal: closing, unlink: () => undefined };
  const controller = new AbortController();
  return { signal: controller.signal, unlink: linkAbort(controller, [call.signal, closing]) };
}

function urlOf(state: ClientState, { path, query = [] }: ApiRequest): string {
  const text = new URLSearchParams(query as [string, string][]).toString();
  return `${state.apiUrl}${path}${text === "" ? "" : `?${text}`}`;
}

function httpRequest(state: ClientState, request: ApiRequest, call: CallOptions): Omit<HttpRequest, "url"> {
  const body = bodyOf(request);
  const contentType = request.contentType ?? (body === undefined ? undefined : "application/json");
  const executionId = request.withExecutionId === true ? (call.executionId ?? state.executionId) : null;
  return {
    method: request.method,
    headers: {
      ...(contentType === undefined ? {} : { "content-type": contentType }),
      ...(request.withKey === false ? {} : keyTransport.headers(state)),
      ...(executionId === null ? {} : { [environment.executionIdHeader()]: executionId }),
    },
    body,
    timeoutMs: call.timeoutMs ?? state.limits.timeoutMs,
    maxBytes: state.limits.maxResponseBytes,
  };
}

function bodyOf({ json, images, text }: ApiRequest): string | Uint8Array | undefined {
  if (json === undefined) return text;
  return images === undefined ? JSON.stringify(json) : encodeBody(json, images);
}

function send(state: ClientState, http: HttpRequest, request: ApiRequest, call: CallOptions): Promise<HttpAnswer> {
  const { limits, logger, pool } = state;
  const totalTimeoutMs = call.totalTimeoutMs ?? limits.totalTimeoutMs;
  const what = `${request.method} ${request.path}`;
  logger.debug(redactSecret(what, state.apiKey));
  if (!request.mayRepeat) {
    const kept = request.onlyReads === true ? { pool: state.readPool } : {};
    return sendRequest({ ...http, ...kept, timeoutMs: Math.min(http.timeoutMs!, totalTimeoutMs) });
  }
  return sendWithRetries(
    { ...http, pool },
    {
      attempts,
      statuses: retriedStatuses,
      maxDelayMs: limits.maxRetryDelayMs,
      totalTimeoutMs,
      onRetry: (reason, delayMs) => {
        logger.info(redactSecret(`${what}: ${reason}; next try in ${Math.round(delayMs)} ms`, state.apiKey));
      },
    },
  );
}

/** Messages of the transport name URLs without their query; a key in a path must go, too. */
function withoutSecrets(error: unknown, state: ClientState): unknown {
  if (!VisionError.isInstance(error)) return error;
  const clean = (text: string): string =>
    redactSecret(redactSecret(text, state.apiKey), state.configuration.serviceSecret);
  const message = clean(error.message);
  if (message === error.message) return error;
  error.message = message;
  if (error.stack !== undefined) error.stack = clean(error.stack);
  return error;
}
