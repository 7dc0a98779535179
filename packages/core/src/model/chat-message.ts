import type { ParsedSource } from "../source/parsed-source.ts";
import type { SourceInput } from "../source/source-input.ts";
import type { ToolCall } from "./tool-call.ts";

/** Who speaks. `tool` carries the result of a tool call, for templates that know it. */
export type ChatRole = "system" | "user" | "assistant" | "tool";

/** A piece of text. */
export interface TextPart {
  readonly type: "text";
  readonly text: string;
}

/** A picture in a chat. */
export interface ImagePartInput {
  readonly type: "image";
  readonly source: SourceInput;
}

/** A video in a chat: either a file to be sampled, or frames that are already sampled. */
export type VideoPartInput =
  | {
      readonly type: "video";
      readonly source: SourceInput;
      /** Frames to take per second; the call's `fps` by default. */
      readonly fps?: number;
    }
  | {
      readonly type: "video";
      readonly frames: readonly SourceInput[];
      /** Frames per second of the *source* video. */
      readonly fps?: number;
      /** Place of each frame in the source video, ascending. */
      readonly frameIndices?: readonly number[];
      /** Number of frames of the source video. */
      readonly totalFrames?: number;
    };

/** One turn of a chat as a caller gives it. */
export interface ChatMessageInput {
  readonly role: ChatRole;
  readonly content: string | readonly (TextPart | ImagePartInput | VideoPartInput)[];
  /** Of an assistant: the functions that it asked for, as its response has them. For models that take tools. */
  readonly toolCalls?: readonly ToolCall[] | undefined;
  /** Of a tool: the id of the call whose result this is. */
  readonly toolCallId?: string | undefined;
}

/** A picture, classified. */
export interface ImagePart {
  readonly type: "image";
  readonly source: ParsedSource;
}

/** A video file, classified, with its sampling. */
export interface VideoPart {
  readonly type: "video";
  readonly source: ParsedSource;
  /** Frames to take per second of video. */
  readonly fps: number;
  /** Cap on the frames taken; `null` leaves it to the family. */
  readonly maxFrames: number | null;
}

/** Frames of a video that were sampled by the caller. */
export interface FramesPart {
  readonly type: "video";
  readonly frames: readonly ParsedSource[];
  /** Frames per second of the source video; `null` when the caller did not say. */
  readonly fps: number | null;
  /** Place of each frame in the source video; `null` when the caller did not say. */
  readonly frameIndices: readonly number[] | null;
  /** Number of frames of the source video; `null` when the caller did not say. */
  readonly totalFrames: number | null;
}

/** A part of a normalised message. `"frames" in part` tells the two forms of a video apart. */
export type ChatPart = TextPart | ImagePart | VideoPart | FramesPart;

/** One turn of a normalised chat. */
export interface ChatMessage {
  readonly role: ChatRole;
  readonly content: readonly ChatPart[];
  readonly toolCalls?: readonly ToolCall[];
  readonly toolCallId?: string;
}
