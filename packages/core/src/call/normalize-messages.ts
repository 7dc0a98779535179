import { checkKnownKeys } from "../check-known-keys.ts";
import { checkNumber } from "../check-number.ts";
import { describeValue } from "../describe-value.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import type {
  ChatMessage,
  ChatPart,
  ChatRole,
  FramesPart,
  ImagePart,
  TextPart,
  VideoPart,
} from "../model/chat-message.ts";
import type { ToolCall } from "../model/tool-call.ts";
import { suggestName } from "../nearest-name.ts";
import { parseSource } from "../source/parse-source.ts";
import type { SourceInput } from "../source/source-input.ts";

const roles: readonly ChatRole[] = ["system", "user", "assistant", "tool"];
const maxFrameCount = 100_000;
const countRange = { min: 0, max: 1e9, integer: true } as const;

/** Sampling that video files without their own get. */
export interface VideoSampling {
  readonly fps: number;
  readonly maxFrames: number | null;
}

/**
 * Checks a chat and classifies its sources; texts become one text part.
 *
 * @throws InvalidArgumentError with the path of what is wrong (`options.messages[1].content[0].source`)
 * @throws UnsupportedMediaError for a data URI that cannot be decoded
 */
export function normalizeMessages(messages: readonly unknown[], sampling: VideoSampling): readonly ChatMessage[] {
  return messages.map((message, index) => {
    const path = `options.messages[${index}]`;
    const { role, content, ...tools } = checkObject(message, ["role", "content", "toolCalls", "toolCallId"], path);
    if (!roles.includes(role as ChatRole)) {
      const hint = typeof role === "string" ? suggestName(role, roles) : `Known: ${roles.join(", ")}.`;
      throw new InvalidArgumentError(`${path}.role ${describeValue(role)} is not known. ${hint}`);
    }
    return {
      role: role as ChatRole,
      content: normalizeContent(content, `${path}.content`, sampling),
      ...normalizeTools(tools, role as ChatRole, path),
    };
  });
}

/** What a turn says about functions: an assistant asks for them, a tool answers. */
function normalizeTools(
  { toolCalls, toolCallId }: Record<string, unknown>,
  role: ChatRole,
  path: string,
): Pick<ChatMessage, "toolCalls" | "toolCallId"> {
  if (toolCalls != null && (role !== "assistant" || !Array.isArray(toolCalls))) {
    throw new InvalidArgumentError(`${path}.toolCalls must be the list of calls of an assistant's turn.`);
  }
  if (toolCallId != null && (role !== "tool" || typeof toolCallId !== "string" || toolCallId === "")) {
    throw new InvalidArgumentError(`${path}.toolCallId must be the id of a call, in a turn with the role "tool".`);
  }
  return {
    ...(toolCalls == null
      ? {}
      : { toolCalls: (toolCalls as unknown[]).map((call, at) => checkCall(call, `${path}.toolCalls[${at}]`)) }),
    ...(toolCallId == null ? {} : { toolCallId: toolCallId as string }),
  };
}

function checkCall(value: unknown, path: string): ToolCall {
  const {
    id,
    name,
    arguments: given,
    argumentsText,
  } = checkObject(value, ["id", "name", "arguments", "argumentsText"], path);
  if (typeof id !== "string" || typeof name !== "string" || name === "" || typeof given !== "object") {
    throw new InvalidArgumentError(
      `${path} must have an id, a name and arguments, as toolCalls of a response has them.`,
    );
  }
  const text = typeof argumentsText === "string" ? argumentsText : JSON.stringify(given ?? {});
  return { id, name, arguments: given as ToolCall["arguments"], argumentsText: text };
}

function normalizeContent(content: unknown, path: string, sampling: VideoSampling): readonly ChatPart[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (!Array.isArray(content)) {
    throw new InvalidArgumentError(`${path} must be a text or a list of parts; got ${describeValue(content)}.`);
  }
  return content.map((part, index) => normalizePart(part, `${path}[${index}]`, sampling));
}

function normalizePart(part: unknown, path: string, sampling: VideoSampling): ChatPart {
  const type = typeof part === "object" && part !== null ? (part as { type?: unknown }).type : undefined;
  if (type === "text") return normalizeText(part, path);
  if (type === "image") return normalizeImage(part, path);
  if (type === "video")
    return "frames" in (part as object) ? normalizeFrames(part, path) : normalizeVideo(part, path, sampling);
  throw new InvalidArgumentError(
    `${path} must be a part of type "text", "image" or "video"; got ${describeValue(type ?? part)}.`,
  );
}

function normalizeText(part: unknown, path: string): TextPart {
  const { text } = checkObject(part, ["type", "text"], path);
  if (typeof text !== "string") {
    throw new InvalidArgumentError(`${path}.text must be a text; got ${describeValue(text)}.`);
  }
  return { type: "text", text };
}

function normalizeImage(part: unknown, path: string): ImagePart {
  const { source } = checkObject(part, ["type", "source"], path);
  return { type: "image", source: parseSource(source as SourceInput, { path: `${path}.source` }) };
}

function normalizeVideo(part: unknown, path: string, sampling: VideoSampling): VideoPart {
  const { source, fps } = checkObject(part, ["type", "source", "fps"], path);
  return {
    type: "video",
    source: parseSource(source as SourceInput, { path: `${path}.source` }),
    fps: fps === undefined ? sampling.fps : checkNumber(fps, `${path}.fps`, { min: 0, max: 1000 }),
    maxFrames: sampling.maxFrames,
  };
}

function normalizeFrames(part: unknown, path: string): FramesPart {
  const given = checkObject(part, ["type", "frames", "fps", "frameIndices", "totalFrames"], path);
  const { frames, fps, frameIndices, totalFrames } = given;
  if (!Array.isArray(frames) || frames.length === 0 || frames.length > maxFrameCount) {
    throw new InvalidArgumentError(
      `${path}.frames must be a list of 1 to ${maxFrameCount} sources; got ${describeValue(frames)}.`,
    );
  }
  return {
    type: "video",
    frames: frames.map((frame, index) => parseSource(frame as SourceInput, { path: `${path}.frames[${index}]` })),
    fps: fps == null ? null : checkNumber(fps, `${path}.fps`, { min: 0, max: 100_000, exclusiveMin: true }),
    frameIndices: frameIndices == null ? null : checkFrameIndices(frameIndices, frames.length, `${path}.frameIndices`),
    totalFrames:
      totalFrames == null
        ? null
        : checkNumber(totalFrames, `${path}.totalFrames`, { ...countRange, min: frames.length }),
  };
}

function checkFrameIndices(value: unknown, count: number, path: string): readonly number[] {
  if (!Array.isArray(value) || value.length !== count) {
    throw new InvalidArgumentError(`${path} must have one place per frame (${count}); got ${describeValue(value)}.`);
  }
  let previous = 0;
  return value.map((place, index) => {
    previous = checkNumber(place, `${path}[${index}]`, { ...countRange, min: previous });
    return previous;
  });
}

function checkObject(value: unknown, keys: readonly string[], path: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidArgumentError(`${path} must be an object; got ${describeValue(value)}.`);
  }
  checkKnownKeys(value, keys, path);
  return value as Record<string, unknown>;
}
