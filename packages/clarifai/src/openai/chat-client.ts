import { InvalidArgumentError } from "@ocellus/core";
import { CallLimit } from "../calls/call-limit.ts";
import { createResultStream, type ResultStream } from "../calls/result-stream.ts";
import type { Model } from "../model/model.ts";
import type { ModelClient } from "../model/model-client.ts";
import { OpenAIEndpoint } from "./openai-endpoint.ts";
import type { ChatCompletion, ChatCompletionChunk, ChatCompletionRequest } from "./openai-types.ts";
import { readTransportText } from "./read-transport-text.ts";
import { mergeToolCalls } from "./tool-calls.ts";

/** Options of a chat call. */
export interface ChatCallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Longest duration in milliseconds. Default 600,000. */
  readonly timeoutMs?: number | undefined;
}

const transportMethod = "openai_transport";
const streamMethod = "openai_stream_transport";
const defaultTimeoutMs = 600_000;

/** Which way requests go: the model's own methods, or the HTTP endpoint. */
type Route = { readonly methods: ReadonlySet<string> } | { readonly endpoint: OpenAIEndpoint };

/**
 * Chat, tool calling and structured outputs in OpenAI's form: through the model's methods `openai_transport` and
 * `openai_stream_transport` where it has them, else through the OpenAI-compatible HTTP endpoint (which needs a `Model`
 * with a personal access token). Errors that the model hides in a successful answer are thrown.
 *
 * @example
 * const chat = new ChatClient(model);
 * const { choices } = await chat.complete({ messages: [{ role: "user", content: "Hi" }], tools });
 */
export class ChatClient {
  readonly #model: ModelClient;
  readonly #label: string;
  #route: Promise<Route> | null = null;

  constructor(model: ModelClient) {
    this.#model = model;
    this.#label = isModel(model) ? model.endpoint.origin : "the local runner";
  }

  /** One answer. For another `openai_endpoint` the answer has that endpoint's form. */
  async complete<Answer = ChatCompletion>(
    request: ChatCompletionRequest,
    options: ChatCallOptions = {},
  ): Promise<Answer> {
    const route = await this.#choose(options.signal);
    if ("endpoint" in route) {
      const { openai_endpoint: path = "/chat/completions", ...body } = request;
      return await this.#limited(options, (signal) => route.endpoint.complete(path, body, signal) as Promise<Answer>);
    }
    if (!route.methods.has(transportMethod))
      return mergeChunks(await this.stream(request, options).finalCompletion()) as Answer;
    const msg = JSON.stringify({ ...request, stream: undefined });
    const text = await this.#model.method<object, string>(transportMethod)({ msg }, callOptions(options));
    return readTransportText(text, this.#label) as Answer;
  }

  /** An answer in pieces. The request goes out at the first use of the stream. */
  stream(
    request: ChatCompletionRequest,
    options: ChatCallOptions = {},
  ): ResultStream<ChatCompletionChunk, ChatCompletionChunk[]> {
    const open = async function* (
      this: ChatClient,
      signal: AbortSignal,
    ): AsyncGenerator<ChatCompletionChunk, undefined, undefined> {
      const route = await this.#choose(options.signal);
      if ("endpoint" in route) {
        const { openai_endpoint: path = "/chat/completions", ...body } = request;
        const limit = new CallLimit("The chat", options.timeoutMs ?? defaultTimeoutMs, [options.signal, signal]);
        try {
          yield* route.endpoint.stream(path, body, limit.signal);
        } finally {
          limit.release();
        }
        return;
      }
      if (!route.methods.has(streamMethod))
        throw new InvalidArgumentError(`The model has no method ${streamMethod}; call complete.`);
      const msg = JSON.stringify({ ...request, stream: true });
      const call = this.#model.method<object, string, string>(streamMethod)({ msg }, callOptions(options));
      signal.addEventListener("abort", () => call.abort(signal.reason), { once: true });
      for await (const text of call) yield readTransportText(text, this.#label);
    };
    return createResultStream<ChatCompletionChunk, ChatCompletionChunk[]>({
      open: (signal) => open.call(this, signal),
      conclude: (chunks) => [...chunks],
      keepChunks: true,
    });
  }

  /** True when requests go to the HTTP endpoint. */
  async usesEndpoint(options: Pick<ChatCallOptions, "signal"> = {}): Promise<boolean> {
    return "endpoint" in (await this.#choose(options.signal));
  }

  #choose(signal: AbortSignal | undefined): Promise<Route> {
    this.#route ??= this.#findRoute(signal);
    this.#route.catch(() => {
      this.#route = null;
    });
    return this.#route;
  }

  async #findRoute(signal: AbortSignal | undefined): Promise<Route> {
    const methods = new Set(await this.#model.availableMethods(signal === undefined ? {} : { signal }));
    if (methods.has(transportMethod) || methods.has(streamMethod)) return { methods };
    const model = this.#model;
    if (!isModel(model) || model.endpoint.pat === null) {
      throw new InvalidArgumentError(
        `The model has no method ${transportMethod}, and the HTTP endpoint needs a Model with a pat.`,
      );
    }
    const { userId, appId, modelId, versionId } = model.address;
    const version = versionId === "" ? "" : `/versions/${versionId}`;
    const { origin, pat } = model.endpoint;
    return { endpoint: new OpenAIEndpoint({ origin, pat, model: `${userId}/${appId}/models/${modelId}${version}` }) };
  }

  async #limited<Value>(options: ChatCallOptions, work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    const limit = new CallLimit("The chat", options.timeoutMs ?? defaultTimeoutMs, [options.signal]);
    try {
      return await work(limit.signal);
    } finally {
      limit.release();
    }
  }
}

function isModel(model: ModelClient): model is Model {
  return "endpoint" in model;
}

function callOptions({ signal, timeoutMs }: ChatCallOptions): ChatCallOptions {
  return { signal, timeoutMs };
}

/** The answer that chunks make: text and tool calls joined, the last finish reason and usage. */
function mergeChunks(chunks: readonly ChatCompletionChunk[]): ChatCompletion {
  const parts = chunks.map(({ choices }) => choices?.[0]);
  const content = parts.map((part) => part?.delta?.content ?? "").join("");
  const toolCalls = mergeToolCalls(parts.map((part) => part?.delta?.tool_calls ?? []));
  const finish = parts.map((part) => part?.finish_reason).filter((reason) => typeof reason === "string");
  const usage =
    chunks.map((chunk) => chunk.usage).findLast((counts) => counts !== undefined && counts !== null) ?? null;
  const message = { role: "assistant", content, ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}) };
  return { choices: [{ index: 0, message, finish_reason: finish.at(-1) ?? null }], usage };
}
