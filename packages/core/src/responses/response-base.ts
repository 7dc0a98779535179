import type { ToolCall } from "../model/tool-call.ts";
import type { AnswerOrigin } from "./answer-origin.ts";
import type { AnswerTimings } from "./answer-timings.ts";
import type { FinishReason } from "./finish-reason.ts";
import type { TokenUsage } from "./token-usage.ts";

/** What every response carries beside its `kind` and `result`. Plain data: `JSON.stringify` keeps all of it. */
export interface ResponseBase {
  /** The user prompt that was in effect, also when it was the task's default. */
  readonly prompt: string;
  /** The whole text of the model, special tokens left out. */
  readonly rawOutput: string;
  /** Text of the first `<think>` block, trimmed; `null` without one. */
  readonly thinking: string | null;
  readonly usage: TokenUsage;
  readonly timings: AnswerTimings;
  /** Generated token ids in order; empty when a remote service does not give them. */
  readonly tokenIds: readonly number[];
  readonly finishReason: FinishReason;
  /** Functions that the model asks for, in order; absent when it asks for none. */
  readonly toolCalls?: readonly ToolCall[];
  /** Who answered; absent for a model that was asked directly and says nothing more than its `info`. */
  readonly origin?: AnswerOrigin;
}
