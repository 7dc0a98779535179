import type { ChatMessageInput } from "../model/chat-message.ts";
import type { CallOptions } from "../model/vision-request.ts";
import type { Outcome } from "../outcome.ts";
import type { PredictionResponse } from "../responses/prediction-response.ts";
import type { SourceInput } from "../source/source-input.ts";
import type { PredictionStream } from "../stream/prediction-stream.ts";
import type { TaskOption } from "../tasks/task-name.ts";

/** What holds for all turns of a session. */
export interface SessionOptions {
  /** Form of the answers; `auto` by default. */
  readonly task?: TaskOption;
  /** Replaces the system prompt of the task and of the checkpoint; `""` for none. */
  readonly systemPrompt?: string;
  /** Think first in every turn. Default false. */
  readonly cot?: boolean;
  /** Handed to the checkpoint's chat template. */
  readonly templateOptions?: Readonly<Record<string, unknown>>;
}

/** One turn of a session. */
export interface TurnRequest extends Pick<CallOptions, "generationConfig" | "signal" | "schema" | "fps" | "maxFrames"> {
  /** Pictures that this turn adds; they go before the text. Later turns need not name them again. */
  readonly source?: SourceInput | readonly SourceInput[];
  readonly userPrompt: string;
  readonly stream?: boolean;
}

/**
 * A chat about pictures: every turn sees the earlier ones. Called like a model. A turn that fails or is aborted leaves
 * the session as it was. Turns follow each other: a turn that is asked while one is answered throws.
 *
 * Local models keep what they have computed for the earlier turns, so that a question about the same picture costs
 * only its own text.
 */
export interface VisionSession {
  (turn: TurnRequest & { readonly stream: true }): PredictionStream<PredictionResponse>;
  (turn: TurnRequest & { readonly stream?: false }): Promise<Outcome<PredictionResponse>>;
  /** The chat so far, system turn included. */
  readonly messages: readonly ChatMessageInput[];
  /** Forgets the last turns, questions and answers; by default one. */
  rollback(turns?: number): void;
}
