import type { GenerationConfigInput, ResolvedGenerationConfig } from "../generation/generation-config.ts";
import { resolveGenerationConfig } from "../generation/resolve-generation-config.ts";
import type { ChatMessage, ChatPart } from "../model/chat-message.ts";
import type { ModelInfo } from "../model/model-info.ts";
import type { AnswerRequest } from "../model/vision-backend.ts";
import type { MediaKind, ParsedSource } from "../source/parsed-source.ts";
import { cotSuffix as defaultCotSuffix } from "../tasks/cot-suffix.ts";
import { resolveTask } from "../tasks/resolve-task.ts";
import type { TaskDefinition } from "../tasks/task-definition.ts";
import type { CheckedCallOptions } from "./check-call-options.ts";
import type { CheckedSchema } from "./check-schema.ts";
import { normalizeMessages } from "./normalize-messages.ts";

/** A question that is ready to be handed to a backend. */
export interface PlannedAnswer {
  readonly request: AnswerRequest;
  /** The effective user prompt, for the response. */
  readonly prompt: string;
  readonly schema: CheckedSchema | null;
}

/** What is the same for every entry of a call. Making it checks `generationConfig`. */
export interface CallPlan {
  /** @param prompt as given; an empty one means the default of the task */
  forSource(source: ParsedSource, prompt: string): PlannedAnswer;
  forMessages(messages: readonly unknown[]): PlannedAnswer;
}

/**
 * Resolves task, prompts and generation settings of a call.
 *
 * With `schema` the task is `generic` as far as prompts go: the JSON form that the other tasks ask for would
 * contradict the schema.
 *
 * @throws InvalidArgumentError for a bad `generationConfig`
 */
export function planCall(options: CheckedCallOptions, info: ModelInfo): CallPlan {
  const generationConfig = resolveGenerationConfig(options.generationConfig, info.generationConfig, {
    cot: options.cot,
  });
  const cotSuffix = options.cot ? (info.cotSuffix ?? defaultCotSuffix) : "";
  const resolve = (media: MediaKind): TaskDefinition =>
    resolveTask(options.schema === null ? options.task : "generic", media, info);
  const plan = (messages: readonly ChatMessage[], definition: TaskDefinition, prompt: string): PlannedAnswer => ({
    request: buildRequest(options, generationConfig, messages, definition),
    prompt,
    schema: options.schema,
  });

  return {
    forSource(source, givenPrompt) {
      const definition = resolve(source.media);
      const prompt = givenPrompt === "" ? definition.defaultPrompt : givenPrompt;
      const { fps, maxFrames } = options;
      const picture: ChatPart =
        source.media === "video" ? { type: "video", source, fps, maxFrames } : { type: "image", source };
      const user: ChatMessage = { role: "user", content: [picture, { type: "text", text: prompt }] };
      const system = (options.systemPrompt ?? definition.systemPrompt) + cotSuffix;
      return plan(system === "" ? [user] : [systemMessage(system), user], definition, prompt);
    },
    forMessages(given) {
      const messages = normalizeMessages(given, options);
      const hasVideo = messages.some(({ content }) => content.some(({ type }) => type === "video"));
      const definition = resolve(hasVideo ? "video" : "image");
      return plan(withCotSuffix(messages, cotSuffix), definition, lastUserText(messages));
    },
  };
}

function buildRequest(
  options: CheckedCallOptions,
  generationConfig: ResolvedGenerationConfig,
  messages: readonly ChatMessage[],
  definition: TaskDefinition,
): AnswerRequest {
  const requested = Object.entries(options.generationConfig).filter(([, value]) => value !== undefined);
  return {
    messages,
    task: definition.task,
    definition,
    schema: options.schema?.jsonSchema ?? null,
    cot: options.cot,
    generationConfig,
    requestedGenerationConfig: Object.fromEntries(requested) as GenerationConfigInput,
    templateOptions: options.templateOptions,
    fps: options.fps,
    maxFrames: options.maxFrames,
  };
}

function systemMessage(text: string): ChatMessage {
  return { role: "system", content: [{ type: "text", text }] };
}

/** Appends the suffix to the chat's own system turn, or begins the chat with it. */
function withCotSuffix(messages: readonly ChatMessage[], cotSuffix: string): readonly ChatMessage[] {
  if (cotSuffix === "") return messages;
  const [first, ...rest] = messages;
  if (first?.role !== "system") return [systemMessage(cotSuffix), ...messages];
  return [systemMessage(textOf(first) + cotSuffix), ...rest];
}

function textOf(message: ChatMessage): string {
  return message.content.map((part) => (part.type === "text" ? part.text : "")).join("");
}

function lastUserText(messages: readonly ChatMessage[]): string {
  const last = messages.findLast(({ role }) => role === "user");
  return last === undefined ? "" : textOf(last);
}
