import { STATUS_CODES } from "node:http";
import { ApiCallError } from "@ocellus/core";
import type { HttpAnswer } from "@ocellus/http";

/** What {@link ChatApiError} takes beside its message. */
export interface ChatApiErrorOptions {
  readonly status: number;
  readonly url: string;
  /** What the server itself said, up to 2,000 characters. */
  readonly serverMessage: string;
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
}

/** An OpenAI-compatible server refused a request or sent something that is no answer. */
export class ChatApiError extends ApiCallError {
  /** What the server said, without secrets; empty when it said nothing. */
  readonly serverMessage: string;
  /** The server's name of the exchange, for its operator. */
  readonly requestId: string | undefined;

  constructor(message: string, options: ChatApiErrorOptions) {
    super(message, options);
    this.serverMessage = options.serverMessage;
    this.requestId = options.requestId;
  }

  protected override details(): Record<string, unknown> {
    return { ...super.details(), requestId: this.requestId };
  }
}

const hints: Readonly<Record<number, string>> = {
  401: "Check options.apiKey.",
  403: "Check options.apiKey and what it may do.",
  404: "Check options.model and that options.baseUrl ends where /chat/completions begins, usually in /v1.",
  413: "The pictures are too large for this server.",
};

/** The error of an answer with an unsuccessful status. */
export function errorOfAnswer(answer: HttpAnswer, url: string, apiKey: string | null): ChatApiError {
  const { status, headers } = answer;
  const requestId = requestIdOf(headers);
  const serverMessage = withoutKey(readErrorMessage(Buffer.from(answer.bytes).toString("utf8")), apiKey);
  const title = `${url} answered with status ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
  const hint = status >= 300 && status < 400 ? "Redirects are not followed; give the final baseUrl." : hints[status];
  const message = [
    serverMessage === "" ? `${title}.` : `${title}: ${shorten(serverMessage)}`,
    ...(requestId === undefined ? [] : [`(request ${requestId})`]),
    ...(hint === undefined ? [] : [hint]),
  ].join(" ");
  return new ChatApiError(message, { status, url, serverMessage, requestId });
}

/** The error that a server reports inside of a stream or of an answer with status 200. */
export function errorOfPayload(
  error: unknown,
  context: { readonly url: string; readonly apiKey: string | null; readonly requestId: string | undefined },
): ChatApiError {
  const { url, requestId } = context;
  const serverMessage = withoutKey(readErrorMessage(JSON.stringify({ error })), context.apiKey);
  const code = Number((error as { code?: unknown } | null)?.code);
  const status = Number.isInteger(code) && code >= 400 && code < 600 ? code : 500;
  const said = serverMessage === "" ? "without saying why" : `: ${shorten(serverMessage)}`;
  return new ChatApiError(`${url} failed while answering${said.startsWith(":") ? said : ` ${said}`}.`, {
    status,
    url,
    serverMessage,
    requestId,
  });
}

/** The names under which servers and gateways report the id of an exchange. */
export function requestIdOf(headers: HttpAnswer["headers"]): string | undefined {
  const value = headers["x-request-id"] ?? headers["request-id"] ?? headers["nvcf-reqid"];
  const text = Array.isArray(value) ? value[0] : value;
  return text === undefined || text === "" ? undefined : text.slice(0, 200);
}

/**
 * The message of an error body. OpenAI, vLLM from 0.10 on, llama.cpp and Ollama put it into `error.message`, SGLang and
 * older vLLM into `message`, FastAPI's own checks into `detail`, some gateways into a bare `error`.
 */
function readErrorMessage(body: string): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return body.trimStart().startsWith("<") ? "" : body.trim().slice(0, 2000);
  }
  const { error, message, detail } = (value ?? {}) as Record<string, unknown>;
  const inner = (error as { message?: unknown } | null)?.message;
  const found = [inner, error, message, detail].find((candidate) => candidate !== undefined && candidate !== null);
  if (found === undefined) return "";
  return (typeof found === "string" ? found : JSON.stringify(found)).slice(0, 2000);
}

const shorten = (text: string): string => (text.length > 500 ? `${text.slice(0, 500)}…` : text);

/** Some servers repeat the key that they refuse. */
function withoutKey(text: string, apiKey: string | null): string {
  return apiKey === null || apiKey.length < 4 ? text : text.replaceAll(apiKey, "***");
}
