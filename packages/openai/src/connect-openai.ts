import {
  type CoordinateSpace,
  checkKnownKeys,
  checkNumber,
  createVisionModel,
  defaultLogger,
  InvalidArgumentError,
  type Logger,
  type ModelInfo,
  type TaskName,
  type ToolDefinition,
  taskNames,
  type VisionModel,
} from "@ocellus/core";
import { ChatClient } from "./chat/chat-client.ts";
import { checkBaseUrl, checkChoice, checkText } from "./check-connect-options.ts";
import { readEnvironment } from "./environment.ts";
import { OpenAIBackend } from "./openai-backend.ts";
import { type ToolChoice, toolFields } from "./request/tool-fields.ts";
import { type ServerKind, serverKinds } from "./server/server-kind.ts";

/** Options of {@link connectOpenAI}; defaults in parentheses. Durations in milliseconds. */
export interface ConnectOpenAIOptions {
  /**
   * Where `/chat/completions` begins, usually ending in `/v1`; an address without a path gets `/v1`
   * (`OPENAI_BASE_URL`, else https://api.openai.com/v1).
   */
  readonly baseUrl?: string | undefined;
  /**
   * Sent as a bearer token; `null` sends none. The environment variable `OPENAI_API_KEY` is used only when `baseUrl` is
   * not given, so that it never goes to a server that it is not for.
   */
  readonly apiKey?: string | null | undefined;
  /** Name of the model (the only one that the server lists). */
  readonly model?: string | undefined;
  /** What serves it (found out from its list of models). */
  readonly server?: ServerKind | undefined;
  /**
   * How pictures and videos travel: `data-url` inside of the request, `url` as their address, which only sources with
   * one have, `auto` as data, and as addresses to servers that refuse data (`auto`).
   */
  readonly imageTransport?: "auto" | "data-url" | "url" | undefined;
  /** Video files as `video_url` parts or as sampled frames (`auto`: by what the server takes). */
  readonly videoTransport?: "auto" | "video-url" | "frames" | undefined;
  /** Fetch pictures with an address from private, loopback and link-local addresses, too (false). */
  readonly allowPrivateAddresses?: boolean | undefined;
  /** Most bytes of one picture or video (64 MiB). */
  readonly maxMediaBytes?: number | undefined;
  /** What `task: "auto"` means for this model (`generic`). */
  readonly task?: TaskName | undefined;
  /** System prompts of the tasks that the model was trained with, instead of those of `taskDefinitions`. */
  readonly systemPrompts?: Readonly<Partial<Record<TaskName, string>>> | undefined;
  /** How the model writes boxes (`relative-1024`). `pixels` is refused: how a server resized is not known. */
  readonly coordinateSpace?: Exclude<CoordinateSpace, "pixels"> | undefined;
  /** Entries of a list that are asked at the same time (4). */
  readonly concurrency?: number | undefined;
  /** Longest single try: the whole answer, or the wait for the begin of a stream (300,000). */
  readonly attemptTimeoutMs?: number | undefined;
  /** Longest duration of all tries together, and of a stream (900,000). */
  readonly totalTimeoutMs?: number | undefined;
  /** Longest silence of a stream (120,000). */
  readonly idleTimeoutMs?: number | undefined;
  /** Repetitions after 408, 429, 500, 502, 503, 504 and refused connections (2). */
  readonly maxRetries?: number | undefined;
  /** Longest answer in bytes (64 MiB). */
  readonly maxResponseBytes?: number | undefined;
  /** Further request headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Functions that the model may ask for; what it asks for is `toolCalls` of the response. */
  readonly tools?: readonly ToolDefinition[] | undefined;
  /** Whether it may (`auto`), must (`required`, `{ name }`) or must not (`none`) ask for them (the server's default). */
  readonly toolChoice?: ToolChoice | undefined;
  /** Further fields of every request (`{ reasoning_effort: "low" }`); they replace those of the call. */
  readonly extraBody?: Readonly<Record<string, unknown>> | undefined;
  /** Name of the service in `model.info.provider` (`openai`). */
  readonly provider?: string | undefined;
  readonly logger?: Logger | undefined;
}

const optionNames: readonly string[] = [
  ...["baseUrl", "apiKey", "model", "server", "imageTransport", "videoTransport", "allowPrivateAddresses"],
  ...["maxMediaBytes", "task", "systemPrompts", "coordinateSpace", "concurrency", "attemptTimeoutMs", "totalTimeoutMs"],
  ...["idleTimeoutMs", "maxRetries", "maxResponseBytes", "headers", "tools", "toolChoice"],
  ...["extraBody", "provider", "logger"],
];
const mebibyte = 1024 * 1024;
/** Beyond this a timer fires at once. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * A model of an OpenAI-compatible server (vLLM, SGLang, llama.cpp, Ollama, NIM, OpenAI, …) as a `VisionModel`: the same
 * call as a local model. Nothing is sent before the first call.
 *
 * @throws InvalidArgumentError for unknown or wrong options
 * @example
 * await using model = connectOpenAI({ baseUrl: "http://localhost:8000/v1", model: "Qwen/Qwen2.5-VL-3B-Instruct" });
 * const [result, error] = await model({ source: "desk.jpg", userPrompt: "How many mugs?", task: "vqa" });
 */
export function connectOpenAI(options: ConnectOpenAIOptions = {}): VisionModel {
  checkKnownKeys(options, optionNames, "options");
  const environment = readEnvironment();
  const baseUrl = checkBaseUrl(options.baseUrl ?? environment.baseUrl);
  const apiKey = options.apiKey === undefined && options.baseUrl === undefined ? environment.apiKey : options.apiKey;
  const model = checkText(options.model, "options.model") ?? null;
  const transports = ["auto", "data-url", "url"] as const;
  const { headers = {}, extraBody = {}, logger = defaultLogger, allowPrivateAddresses = false } = options;
  const client = new ChatClient({
    baseUrl,
    apiKey: checkText(apiKey ?? undefined, "options.apiKey") ?? null,
    headers,
    logger,
    ...checkLimits(options),
  });
  return createVisionModel(
    new OpenAIBackend({
      client,
      baseUrl,
      model,
      server: checkChoice(options.server, serverKinds, "options.server") ?? null,
      info: infoOf(options),
      concurrency: limit(options.concurrency, "concurrency", 4, 1024),
      transport: {
        images: checkChoice(options.imageTransport, transports, "options.imageTransport") ?? "auto",
        videos:
          checkChoice(options.videoTransport, ["auto", "video-url", "frames"], "options.videoTransport") ?? "auto",
      },
      media: {
        maxMediaBytes: limit(options.maxMediaBytes, "maxMediaBytes", 64 * mebibyte, Number.MAX_SAFE_INTEGER),
        allowPrivateAddresses,
      },
      extraBody: { ...toolFields(options.tools, options.toolChoice), ...extraBody },
    }),
  );
}

function checkLimits(options: ConnectOpenAIOptions) {
  const { attemptTimeoutMs, totalTimeoutMs, idleTimeoutMs, maxRetries = 2, maxResponseBytes } = options;
  return {
    attemptTimeoutMs: limit(attemptTimeoutMs, "attemptTimeoutMs", 300_000, maxTimerMs),
    totalTimeoutMs: limit(totalTimeoutMs, "totalTimeoutMs", 900_000, maxTimerMs),
    idleTimeoutMs: limit(idleTimeoutMs, "idleTimeoutMs", 120_000, maxTimerMs),
    maxRetries: checkNumber(maxRetries, "options.maxRetries", { min: 0, max: 100, integer: true }),
    maxResponseBytes: limit(maxResponseBytes, "maxResponseBytes", 64 * mebibyte, Number.MAX_SAFE_INTEGER),
  };
}

function limit(value: number | undefined, name: string, fallback: number, max: number): number {
  return checkNumber(value ?? fallback, `options.${name}`, { min: 1, max, integer: true });
}

function infoOf({ provider = "openai", task, systemPrompts, coordinateSpace }: ConnectOpenAIOptions): ModelInfo {
  if ((coordinateSpace as string | undefined) === "pixels") {
    throw new InvalidArgumentError(
      'options.coordinateSpace "pixels" cannot be used with a server: to what size it resized a picture is not known.',
    );
  }
  const spaces = ["relative-1024", "relative-1000", "relative-999", "unit"] as const;
  const space = checkChoice(coordinateSpace, spaces, "options.coordinateSpace");
  const ownTask = checkChoice(task, taskNames, "options.task");
  return {
    provider,
    supportsVideo: null,
    ...(ownTask === undefined ? {} : { task: ownTask }),
    ...(systemPrompts === undefined ? {} : { systemPrompts: checkSystemPrompts(systemPrompts) }),
    ...(space === undefined ? {} : { coordinateSpace: space }),
  };
}

function checkSystemPrompts(prompts: object): Readonly<Partial<Record<TaskName, string>>> {
  checkKnownKeys(prompts, taskNames, "options.systemPrompts");
  for (const [task, prompt] of Object.entries(prompts)) {
    if (typeof prompt !== "string") throw new InvalidArgumentError(`options.systemPrompts.${task} must be a text.`);
  }
  return { ...prompts };
}
