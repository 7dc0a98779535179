import type { Answer, AnswerContext, AnswerRequest, ChatMessage, ChatPart, FinishReason } from "@ocellus/core";
import type { ChatClient } from "../openai/chat-client.ts";
import type { ChatCompletionRequest, ChatUsage } from "../openai/openai-types.ts";
import { openMedia, sourcesOf, uriOf } from "./open-media.ts";

/** Answers through chat completions: pictures and films as addresses or data URIs. */
export async function answerByChat(
  chat: ChatClient,
  request: AnswerRequest,
  { signal, streaming, onText }: AnswerContext,
  streams: boolean,
): Promise<Answer> {
  const start = performance.now();
  const body = await chatRequest(request, signal);
  const loadMs = performance.now() - start;
  if (!streaming || !streams) {
    const { choices, usage } = await chat.complete(body, { signal });
    const choice = choices[0];
    return answerOf(choice?.message.content ?? "", choice?.finish_reason, usage, loadMs, performance.now() - start);
  }
  let text = "";
  let reason: string | null | undefined;
  let usage: ChatUsage | null | undefined;
  let firstTokenMs = 0;
  for await (const chunk of chat.stream({ ...body, stream_options: { include_usage: true } }, { signal })) {
    const choice = chunk.choices?.[0];
    const delta = choice?.delta?.content ?? "";
    if (delta !== "" && text === "") firstTokenMs = performance.now() - start;
    text += delta;
    if (delta !== "") onText(delta);
    reason = choice?.finish_reason ?? reason;
    usage = chunk.usage ?? usage;
  }
  return answerOf(text, reason, usage, loadMs, firstTokenMs);
}

async function chatRequest(request: AnswerRequest, signal: AbortSignal): Promise<ChatCompletionRequest> {
  const { requestedGenerationConfig: asked, schema } = request;
  const settings = {
    max_tokens: asked.maxNewTokens,
    temperature: asked.doSample === false ? 0 : asked.temperature,
    top_p: asked.topP,
    seed: asked.seed === -1 ? undefined : asked.seed,
    stop: asked.stopStrings,
    response_format:
      schema === null ? undefined : { type: "json_schema", json_schema: { name: "answer", schema, strict: true } },
  };
  const messages = await Promise.all(request.messages.map((message) => chatMessage(message, signal)));
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return { messages, ...given };
}

async function chatMessage({ role, content }: ChatMessage, signal: AbortSignal): Promise<object> {
  if (content.every((part) => part.type === "text"))
    return { role, content: content.map(({ text }) => text).join("\n") };
  const parts = await Promise.all(content.map((part) => chatParts(part, signal)));
  return { role, content: parts.flat() };
}

async function chatParts(part: ChatPart, signal: AbortSignal): Promise<object[]> {
  if (part.type === "text") return [part];
  const { kind, sources } = sourcesOf(part);
  const uris = await Promise.all(sources.map(async (source) => uriOf(await openMedia(source, signal))));
  return uris.map((url) =>
    kind === "video" ? { type: "video_url", video_url: { url } } : { type: "image_url", image_url: { url } },
  );
}

const finishReasons: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  length: "length",
  content_filter: "content-filter",
};

function answerOf(
  text: string,
  reason: string | null | undefined,
  usage: ChatUsage | null | undefined,
  loadMs: number,
  firstTokenMs: number,
): Answer {
  return {
    text,
    tokenIds: [],
    finishReason: finishReasons[reason ?? ""] ?? "unknown",
    usage: { inputTokens: usage?.prompt_tokens ?? 0, imageTokens: 0, outputTokens: usage?.completion_tokens ?? 0 },
    timings: { loadMs, visionMs: 0, prefillMs: 0, decodeMs: 0, firstTokenMs },
  };
}
