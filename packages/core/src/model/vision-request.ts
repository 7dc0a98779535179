import type { GenerationConfigInput } from "../generation/generation-config.ts";
import type { ProgressListener } from "../progress-event.ts";
import type { SourceInput } from "../source/source-input.ts";
import type { TaskOption } from "../tasks/task-name.ts";
import type { ChatMessageInput } from "./chat-message.ts";
import type { SchemaInput } from "./schema-input.ts";

/** Options that every form of a call has. Unknown keys throw. */
export interface CallOptions<
  Task extends TaskOption = TaskOption,
  Schema extends SchemaInput | undefined = SchemaInput | undefined,
> {
  /** Form of the answer; `auto` by default. Holds for this call only. */
  readonly task?: Task | undefined;
  /** Synonym of `task`. */
  readonly taskType?: Task | undefined;
  /** A Standard Schema that can print its JSON Schema, or a JSON Schema; decoding is constrained to it. */
  readonly schema?: Schema | undefined;
  /** Replaces the system prompt of the task and of the checkpoint; `""` for none. */
  readonly systemPrompt?: string | undefined;
  /** Handed to the checkpoint's chat template. */
  readonly templateOptions?: Readonly<Record<string, unknown>> | undefined;
  readonly generationConfig?: GenerationConfigInput | undefined;
  /** Think first, then answer; `thinking` is filled and the default cap rises to 4096 tokens. Default false. */
  readonly cot?: boolean | undefined;
  /** Frames per second taken from videos, 0–1000. Default 4. Ignored for pictures. */
  readonly fps?: number | undefined;
  /** Cap on the frames of a video, 1–100,000. The family decides by default. */
  readonly maxFrames?: number | undefined;
  /** Ends the call; the error is an `AbortedError` with the signal's reason as its cause. */
  readonly signal?: AbortSignal | undefined;
  /** Descend into the folders of `source`. Default false. `true` makes a single path a list, too. */
  readonly recursive?: boolean | undefined;
  /** Entries of a list that are answered at the same time, 1–1024; the model decides by default (`"auto"`). */
  readonly batchSize?: "auto" | number | undefined;
  /** Progress line of a list on stderr: `true` always, `false` never; by default only on a terminal. */
  readonly showProgress?: boolean | undefined;
  /** Called whenever an entry of a list is finished. */
  readonly onProgress?: ProgressListener | undefined;
}

/** What a single answer is asked about: a source with a prompt, or a chat, which replaces both and `systemPrompt`. */
export interface SingleInput {
  /** Needed unless `messages` is given. */
  readonly source?: SourceInput | undefined;
  /** The task's own prompt by default. */
  readonly userPrompt?: string | readonly string[] | undefined;
  /** A whole chat. Replaces `source`, `userPrompt` and `systemPrompt`; nothing is added but the suffix of `cot`. */
  readonly messages?: readonly ChatMessageInput[] | undefined;
}

/** A call for one answer. */
export type SingleRequest<
  Task extends TaskOption = TaskOption,
  Schema extends SchemaInput | undefined = SchemaInput | undefined,
> = CallOptions<Task, Schema> & SingleInput & { readonly stream?: false | undefined };

/** A call for one answer as it is generated. A list or folder cannot be streamed. */
export type StreamRequest<
  Task extends TaskOption = TaskOption,
  Schema extends SchemaInput | undefined = SchemaInput | undefined,
> = CallOptions<Task, Schema> & SingleInput & { readonly stream: true };

/** Several sources, as a list or any other iterable (a set, a generator); folders are expanded in place. */
export type BatchInput =
  | { readonly source: Iterable<SourceInput> & object }
  | { readonly source: string | URL; readonly recursive: true };

/** A call for one answer per source. */
export type BatchRequest<
  Task extends TaskOption = TaskOption,
  Schema extends SchemaInput | undefined = SchemaInput | undefined,
> = CallOptions<Task, Schema> &
  BatchInput & {
    /** One prompt for all, or one per source after the expansion of folders. */
    readonly userPrompt?: string | readonly string[] | undefined;
    readonly messages?: undefined;
    readonly stream?: false | undefined;
  };

/** Any form of a call. */
export type VisionRequest = SingleRequest | StreamRequest | BatchRequest;
