import { ConnectionError, type Logger } from "@ocellus/core";
import {
  type ConnectionPool,
  createConnectionPool,
  type HttpAnswer,
  type HttpStream,
  isConnectionRefusal,
  type RetryPolicy,
  readEventStream,
  sendWithRetries,
  streamWithRetries,
} from "@ocellus/http";
import { AnswerReader, type ChatAnswer } from "./answer-reader.ts";
import { ChatApiError, errorOfAnswer, errorOfPayload, requestIdOf } from "./chat-api-error.ts";
import type { ChatRequestBody, WireCompletion } from "./chat-wire.ts";

/** How a server is spoken to. Durations in milliseconds. */
export interface ChatClientOptions {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly apiKey: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** One try: until the whole answer is there, or until a stream begins. */
  readonly attemptTimeoutMs: number;
  /** All tries and waits together. */
  readonly totalTimeoutMs: number;
  /** Longest silence of a stream. */
  readonly idleTimeoutMs: number;
  readonly maxRetries: number;
  readonly maxResponseBytes: number;
  readonly logger: Logger;
}

/** An answer with the id of its exchange. */
export interface ChatExchange extends ChatAnswer {
  readonly requestId: string | undefined;
}

/** What surrounds one exchange. */
export interface ChatContext {
  readonly signal: AbortSignal;
  readonly streaming: boolean;
  onText(delta: string): void;
}

/** Statuses after which the same request may succeed a moment later. */
const repeatedStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
/** Longest random wait before another try. */
const maxDelayMs = 1_000;

/** Speaks to one OpenAI-compatible server over kept-alive connections. */
export class ChatClient {
  readonly #options: ChatClientOptions;
  readonly #pool: ConnectionPool = createConnectionPool();

  constructor(options: ChatClientOptions) {
    this.#options = options;
  }

  /**
   * One chat completion.
   *
   * @throws ChatApiError when the server refuses or what it sends is no completion
   * @throws ConnectionError, also for a stream that ends early; TimeoutError, AbortedError, UnsupportedMediaError
   */
  async ask(body: ChatRequestBody, context: ChatContext): Promise<ChatExchange> {
    const url = `${this.#options.baseUrl}/chat/completions`;
    const request = { ...this.#request(url, context.signal), method: "POST", body: JSON.stringify(body) };
    if (!context.streaming) return this.#readWhole(await sendWithRetries(request, this.#policy()), url, context);
    const { idleTimeoutMs, totalTimeoutMs } = this.#options;
    const limits = { idleTimeoutMs, bodyTimeoutMs: totalTimeoutMs };
    const answer = await streamWithRetries({ ...request, ...limits }, this.#policy());
    if ("bytes" in answer) return this.#readWhole(answer, url, context);
    return await this.#readStream(answer, url, context);
  }

  /**
   * A GET below the base URL, tried once.
   *
   * @throws as {@link ask}
   */
  async get(path: string, signal: AbortSignal, timeoutMs: number): Promise<{ value: unknown; answer: HttpAnswer }> {
    const url = `${this.#options.baseUrl}${path}`;
    const policy = { ...this.#policy(), attempts: 1, totalTimeoutMs: timeoutMs };
    const answer = await sendWithRetries({ ...this.#request(url, signal), timeoutMs }, policy);
    return { value: this.#parse(answer, url), answer };
  }

  /** Closes every connection. */
  close(): void {
    this.#pool.close();
  }

  #request(url: string, signal: AbortSignal) {
    const { apiKey, headers, attemptTimeoutMs, maxResponseBytes } = this.#options;
    const authorization = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
    return {
      url,
      signal,
      timeoutMs: attemptTimeoutMs,
      maxBytes: maxResponseBytes,
      pool: this.#pool,
      headers: { "content-type": "application/json", ...authorization, ...headers },
    };
  }

  /**
   * A try that took too long, or whose connection broke after it was sent, may have been answered and charged: it is not
   * repeated. Statuses are: no known server charges for them.
   */
  #policy(): RetryPolicy {
    const { maxRetries, totalTimeoutMs, logger } = this.#options;
    return {
      attempts: maxRetries + 1,
      statuses: repeatedStatuses,
      maxDelayMs,
      totalTimeoutMs,
      mayRepeatError: isConnectionRefusal,
      mayRepeatAnswer: ({ status, bytes }) => status !== 500 || !isRefusal(bytes),
      onRetry: (reason, delayMs) => logger.info(`Asking again in ${Math.round(delayMs)} ms: ${reason}`),
    };
  }

  #readWhole(answer: HttpAnswer, url: string, { onText }: ChatContext): ChatExchange {
    const completion = this.#parse(answer, url) as WireCompletion | null;
    const requestId = requestIdOf(answer.headers);
    if (completion?.error != null) throw this.#payloadError(completion.error, url, requestId);
    if (!Array.isArray(completion?.choices) || completion.choices.length === 0) {
      throw this.#unexpected(answer, url, "without any choice");
    }
    const reader = new AnswerReader(onText);
    reader.add(completion);
    return { ...reader.end(), requestId };
  }

  async #readStream(stream: HttpStream, url: string, context: ChatContext): Promise<ChatExchange> {
    const requestId = requestIdOf(stream.headers);
    if (!mediaTypeOf(stream.headers).includes("event-stream")) {
      // Some gateways answer in one piece although a stream was asked for.
      return this.#readWhole(await collect(stream), url, context);
    }
    const reader = new AnswerReader(context.onText);
    let isDone = false;
    for await (const events of readEventStream(stream.chunks)) {
      for (const { data } of events) {
        isDone ||= data === "[DONE]";
        if (!isDone) this.#addEvent(reader, data, url, requestId);
      }
      if (isDone) break;
    }
    if (!isDone && !reader.isFinished) {
      throw new ConnectionError(`${url} ended its stream before the answer was complete.`);
    }
    return { ...reader.end(), requestId };
  }

  #addEvent(reader: AnswerReader, data: string, url: string, requestId: string | undefined): void {
    let event: WireCompletion | null;
    try {
      event = JSON.parse(data) as WireCompletion | null;
    } catch (cause) {
      throw new ConnectionError(`${url} sent an event that is no JSON.`, { cause, isRetryable: false });
    }
    if (typeof event !== "object" || event === null) return;
    // vLLM and SGLang report what goes wrong after the headers as an event with status 200.
    if (event.error != null) throw this.#payloadError(event.error, url, requestId);
    reader.add(event);
  }

  #parse(answer: HttpAnswer, url: string): unknown {
    if (answer.status < 200 || answer.status >= 300) throw errorOfAnswer(answer, url, this.#options.apiKey);
    try {
      return JSON.parse(Buffer.from(answer.bytes).toString("utf8")) as unknown;
    } catch (cause) {
      throw this.#unexpected(answer, url, "that is no JSON", cause);
    }
  }

  #payloadError(error: unknown, url: string, requestId: string | undefined): ChatApiError {
    return errorOfPayload(error, { url, apiKey: this.#options.apiKey, requestId });
  }

  #unexpected({ status, headers }: HttpAnswer, url: string, what: string, cause?: unknown): ChatApiError {
    const type = mediaTypeOf(headers) || "unknown type";
    const message = `${url} sent an answer (${type}) ${what}. Check that options.baseUrl names an OpenAI-compatible server.`;
    return new ChatApiError(message, { status, url, serverMessage: "", requestId: requestIdOf(headers), cause });
  }
}

const mediaTypeOf = (headers: HttpAnswer["headers"]): string => headers["content-type"]?.split(";")[0]?.trim() ?? "";

async function collect({ status, headers, chunks }: HttpStream): Promise<HttpAnswer> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return { status, headers, bytes: new Uint8Array(Buffer.concat(pieces)) };
}

/** Some servers (llama-cpp-python) answer with 500 to a request that they do not understand: it never will be. */
function isRefusal(bytes: Uint8Array | undefined): boolean {
  return /validation error|literal_error/i.test(Buffer.from(bytes ?? []).toString("utf8"));
}
