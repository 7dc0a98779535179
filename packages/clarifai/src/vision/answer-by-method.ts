import {
  type Answer,
  type AnswerContext,
  type AnswerRequest,
  type ChatMessage,
  type ChatPart,
  InvalidArgumentError,
} from "@ocellus/core";
import type { MultiOutputResponse } from "../gen/clarifai/api/inference_pb.ts";
import type { ModelClient } from "../model/model-client.ts";
import type { MethodField, MethodSignature } from "../signatures/method-signature.ts";
import { type OpenedMedia, openMedia, sourcesOf } from "./open-media.ts";

/** The parameter that takes the question: `prompt`, else the first text. */
export function promptFieldOf({ inputs }: MethodSignature): MethodField | null {
  const texts = inputs.filter(({ type, isIterator }) => type === "STR" && !isIterator);
  return texts.find(({ name }) => name === "prompt") ?? texts[0] ?? null;
}

/**
 * Answers through a typed method: the question in its text parameter, pictures and films in the parameters of their
 * type, earlier turns in `chat_history`, settings in the parameters of their name.
 *
 * @throws InvalidArgumentError when the method has no parameter for what is asked
 */
export async function answerByMethod(
  client: ModelClient,
  signature: MethodSignature,
  request: AnswerRequest,
  { signal, onText }: AnswerContext,
): Promise<Answer> {
  const start = performance.now();
  const args = await argumentsOf(signature, request, signal);
  const loadMs = performance.now() - start;
  // Addresses inside of a list are not downloaded by the runner.
  const downloadUrls = Object.values(args).some((value) => Array.isArray(value) && value.some((item) => "url" in item));
  let text = "";
  let firstTokenMs = 0;
  const counts = { inputTokens: 0, imageTokens: 0, outputTokens: 0 };
  const call = client.method<object, unknown, [string, MultiOutputResponse]>(signature.name)(args, {
    signal,
    withProto: true,
    keepChunks: false,
    downloadUrls,
  });
  for await (const [delta, response] of call) {
    if (firstTokenMs === 0) firstTokenMs = performance.now() - start;
    text += delta;
    if (delta !== "" && signature.kind !== "unary") onText(delta);
    const output = response.outputs[0];
    counts.inputTokens = Math.max(counts.inputTokens, output?.promptTokens ?? 0);
    counts.outputTokens = Math.max(counts.outputTokens, output?.completionTokens ?? 0);
  }
  const timings = { loadMs, visionMs: 0, prefillMs: 0, decodeMs: 0, firstTokenMs };
  return { text, tokenIds: [], finishReason: "unknown", usage: counts, timings };
}

async function argumentsOf(
  signature: MethodSignature,
  { messages, requestedGenerationConfig: asked }: AnswerRequest,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const last = messages.findLastIndex(({ role }) => role === "user");
  const question = messages[last];
  if (question === undefined) throw new InvalidArgumentError("The chat has no turn of the user.");
  const args: Record<string, unknown> = {};
  const names = new Set(signature.inputs.map(({ name }) => name));
  const earlier = messages.slice(0, last);
  const canHold = names.has("chat_history");
  const instructions = canHold
    ? ""
    : earlier
        .filter(({ role }) => role === "system")
        .map(textOf)
        .join("\n");
  args[promptFieldOf(signature)!.name] = [instructions, textOf(question)].filter((text) => text !== "").join("\n\n");
  if (earlier.length > 0 && canHold)
    args.chat_history = earlier.map((message) => ({ role: message.role, content: textOf(message) }));
  else if (earlier.some(({ role }) => role !== "system")) throw noRoom(signature, "earlier turns");
  await addMedia(signature, question, args, signal);
  const settings = { max_tokens: asked.maxNewTokens, temperature: asked.temperature, top_p: asked.topP };
  for (const [name, value] of Object.entries(settings)) if (names.has(name) && value !== undefined) args[name] = value;
  return args;
}

async function addMedia(
  signature: MethodSignature,
  { content }: ChatMessage,
  args: Record<string, unknown>,
  signal: AbortSignal,
): Promise<void> {
  const media = content
    .filter((part): part is Exclude<ChatPart, { type: "text" }> => part.type !== "text")
    .map(sourcesOf);
  for (const kind of ["image", "video"] as const) {
    const sources = media.filter((item) => item.kind === kind).flatMap((item) => item.sources);
    if (sources.length === 0) continue;
    const opened = await Promise.all(sources.map((source) => openMedia(source, signal)));
    const type = kind === "image" ? "IMAGE" : "VIDEO";
    const single = signature.inputs.find((field) => field.type === type);
    const list = signature.inputs.find((field) => field.type === "LIST" && field.typeArgs[0]?.type === type);
    if (opened.length === 1 && single !== undefined) args[single.name] = argumentOf(opened[0]!);
    else if (list !== undefined) args[list.name] = opened.map(argumentOf);
    else throw noRoom(signature, opened.length === 1 ? `a ${kind}` : `${opened.length} pictures or videos`);
  }
}

function argumentOf(media: OpenedMedia): object {
  return media.kind === "url" ? { url: media.url } : { bytes: media.bytes };
}

function textOf({ content }: ChatMessage): string {
  return content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}

function noRoom({ name }: MethodSignature, what: string): InvalidArgumentError {
  return new InvalidArgumentError(`The model's method ${name} has no parameter for ${what}.`);
}
