import {
  type Answer,
  type AnswerContext,
  type AnswerRequest,
  type ExpandFolderOptions,
  InvalidArgumentError,
  type ModelInfo,
  type VisionBackend,
} from "@ocellus/core";
import { expandFolder, isFolder } from "@ocellus/media";
import type { ModelClient } from "../model/model-client.ts";
import { ChatClient } from "../openai/chat-client.ts";
import type { MethodSignature } from "../signatures/method-signature.ts";
import { answerByChat } from "./answer-by-chat.ts";
import { answerByMethod, promptFieldOf } from "./answer-by-method.ts";

/** How a model is asked. */
type Route =
  | { readonly kind: "chat"; readonly streams: boolean }
  | { readonly kind: "method"; readonly unary: MethodSignature | null; readonly stream: MethodSignature | null };

/** Answers questions about pictures with a Clarifai model. */
export class ClarifaiBackend implements VisionBackend {
  readonly modelId: string;
  readonly info: ModelInfo = { provider: "clarifai", supportsVideo: null };
  readonly concurrency = 4;
  readonly #client: ModelClient;
  readonly #chat: ChatClient;
  #route: Promise<Route> | null = null;

  constructor(client: ModelClient) {
    this.#client = client;
    this.#chat = new ChatClient(client);
    this.modelId = client.label;
  }

  isFolder(path: string): boolean {
    return isFolder(path);
  }

  async expandFolder(path: string, options: ExpandFolderOptions): Promise<readonly string[]> {
    return await expandFolder(path, options);
  }

  async answer(request: AnswerRequest, context: AnswerContext): Promise<Answer> {
    const route = await this.#choose(context.signal);
    if (route.kind === "chat") return await answerByChat(this.#chat, request, context, route.streams);
    const method = (context.streaming ? route.stream : null) ?? route.unary ?? route.stream;
    if (method === null) throw new InvalidArgumentError(`${this.modelId} has no method that answers a text.`);
    return await answerByMethod(this.#client, method, request, context);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  #choose(signal: AbortSignal): Promise<Route> {
    this.#route ??= this.#findRoute(signal);
    this.#route.catch(() => {
      this.#route = null;
    });
    return this.#route;
  }

  async #findRoute(signal: AbortSignal): Promise<Route> {
    const names = await this.#client.availableMethods({ signal });
    if (names.includes("openai_transport")) return { kind: "chat", streams: names.includes("openai_stream_transport") };
    if (names.includes("openai_stream_transport")) return { kind: "chat", streams: true };
    const find = async (name: string, kind: MethodSignature["kind"]): Promise<MethodSignature | null> => {
      if (!names.includes(name)) return null;
      const signature = await this.#client.signature(name, { signal });
      return signature.kind === kind && promptFieldOf(signature) !== null && signature.output.type === "STR"
        ? signature
        : null;
    };
    const unary = await find("predict", "unary");
    const stream = await find("generate", "server-stream");
    return unary === null && stream === null ? { kind: "chat", streams: true } : { kind: "method", unary, stream };
  }
}
