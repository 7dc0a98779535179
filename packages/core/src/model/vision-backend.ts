import type { PixelSize } from "../coordinate-space.ts";
import type { GenerationConfigInput, ResolvedGenerationConfig } from "../generation/generation-config.ts";
import type { AnswerOrigin } from "../responses/answer-origin.ts";
import type { AnswerTimings } from "../responses/answer-timings.ts";
import type { FinishReason } from "../responses/finish-reason.ts";
import type { TokenUsage } from "../responses/token-usage.ts";
import type { TaskDefinition } from "../tasks/task-definition.ts";
import type { TaskName } from "../tasks/task-name.ts";
import type { ChatMessage } from "./chat-message.ts";
import type { ModelInfo } from "./model-info.ts";
import type { JsonSchema } from "./schema-input.ts";
import type { ToolCall } from "./tool-call.ts";

/** One question, with every default filled in. Plain data, so it can cross a thread. */
export interface AnswerRequest {
  /** The chat: an optional system turn, then the user's pictures before the text, unless the caller gave a chat. */
  readonly messages: readonly ChatMessage[];
  /** The task in effect (never `auto`); `freeform` about a video is `video-freeform`. */
  readonly task: TaskName;
  /** The task as data, with the checkpoint's own system prompt. */
  readonly definition: TaskDefinition;
  /** JSON Schema of the answer; replaces the task's form of answer. `null` without one. */
  readonly schema: JsonSchema | null;
  /** The answer must have the form `<think>…</think><answer>…</answer>`; the system prompt already asks for it. */
  readonly cot: boolean;
  readonly generationConfig: ResolvedGenerationConfig;
  /** Only what the caller gave, for services that have defaults of their own. */
  readonly requestedGenerationConfig: GenerationConfigInput;
  readonly templateOptions: Readonly<Record<string, unknown>>;
  /** Frames per second to take from videos; also on every video part. */
  readonly fps: number;
  /** Cap on the frames of a video; `null` leaves it to the family. */
  readonly maxFrames: number | null;
}

/** What surrounds an answer while it is made. */
export interface AnswerContext {
  /** Aborted when the caller gave up or the model is closed: stop the work underneath and reject. */
  readonly signal: AbortSignal;
  /** True when somebody reads the text as it comes; a remote service then streams. */
  readonly streaming: boolean;
  /** Takes pieces of the text in order. Optional: what was not given is taken from `Answer.text`. */
  onText(delta: string): void;
}

/** A raw answer. */
export interface Answer {
  /** The whole text, special tokens and stop strings left out. */
  readonly text: string;
  /** Generated ids; empty when a service does not give them. */
  readonly tokenIds: readonly number[];
  readonly finishReason: FinishReason;
  readonly usage: TokenUsage;
  readonly timings: AnswerTimings;
  /**
   * Sizes of the pictures as the model saw them, in order. Needed when the model's coordinate space is `pixels`; the
   * last one counts.
   */
  readonly resizedSizes?: readonly PixelSize[];
  /** Functions that the model asks for; taken over into the response. */
  readonly toolCalls?: readonly ToolCall[];
  /** Taken over into the response. */
  readonly origin?: AnswerOrigin;
}

/** How a folder is expanded. */
export interface ExpandFolderOptions {
  readonly recursive: boolean;
  readonly signal: AbortSignal;
}

/**
 * What a local engine or a remote service implements; `createVisionModel` makes a `VisionModel` of it. Methods throw
 * typed errors; whatever else they throw becomes a `GenerationError`.
 */
export interface VisionBackend {
  readonly modelId: string;
  readonly info: ModelInfo;
  /** Entries of a list that are answered at the same time with `batchSize: "auto"`. Default 1. */
  readonly concurrency?: number;
  /** Messages may have `toolCalls` and `toolCallId`. Default false: such chats are refused. */
  readonly takesToolCalls?: boolean;
  /** True for an existing folder (`~` may lead the path). Must not throw: what cannot be looked at is no folder. */
  isFolder(path: string): boolean;
  /** The pictures in a folder, sorted by path. An empty list becomes one failed outcome. */
  expandFolder(path: string, options: ExpandFolderOptions): Promise<readonly string[]>;
  /** Answers one question. Several may run at once. */
  answer(request: AnswerRequest, context: AnswerContext): Promise<Answer>;
  /** Frees everything. Called once, after the running answers were aborted. */
  close(): Promise<void>;
}
