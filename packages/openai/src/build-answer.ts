import { type Answer, parseFirstJson } from "@ocellus/core";
import type { ChatExchange } from "./chat/chat-client.ts";
import type { ConstraintStep } from "./request/structured-output.ts";

/** What an exchange itself does not say. */
export interface AnswerFacts {
  readonly provider: string;
  /** The model that was asked. */
  readonly model: string;
  readonly constrainedBy: ConstraintStep | null;
  /** Milliseconds since the call. */
  readonly times: { readonly loadMs: number; readonly firstTokenMs: number; readonly totalMs: number };
}

/** The answer of an exchange. */
export function buildAnswer(exchange: ChatExchange, { provider, model, constrainedBy, times }: AnswerFacts): Answer {
  const { text, usage, finishReason, promptMs, predictedMs } = exchange;
  const cachedTokens = usage.prompt_tokens_details?.cached_tokens;
  const requestId = exchange.requestId ?? exchange.id;
  return {
    text,
    tokenIds: [],
    finishReason,
    ...(exchange.toolCalls.length === 0 ? {} : { toolCalls: exchange.toolCalls }),
    usage: {
      inputTokens: usage.prompt_tokens ?? 0,
      imageTokens: usage.prompt_tokens_details?.image_tokens ?? 0,
      outputTokens: usage.completion_tokens ?? 0,
      ...(typeof cachedTokens === "number" ? { cachedTokens } : {}),
    },
    timings: {
      loadMs: times.loadMs,
      visionMs: 0,
      prefillMs: promptMs ?? 0,
      decodeMs: predictedMs ?? times.totalMs - times.firstTokenMs,
      firstTokenMs: times.firstTokenMs,
    },
    origin: {
      provider,
      modelId: exchange.model ?? model,
      ...(requestId === undefined ? {} : { requestId }),
      ...(constrainedBy === null ? {} : { constrainedBy }),
    },
  };
}

/** True when a server took a constraint and then let the model write something that is no JSON. */
export function isConstraintIgnored({ text, finishReason }: ChatExchange, step: ConstraintStep | null): boolean {
  if (step === null || step === "prompt") return false;
  const thought = text.lastIndexOf("</think>");
  const answer = thought < 0 ? text : text.slice(thought + "</think>".length);
  // What was cut off can still be told by how it begins.
  if (finishReason === "length") return answer.trim() !== "" && !/^\s*[[{"\-\dtfn]/.test(answer);
  if (finishReason !== "stop") return false;
  return parseFirstJson(answer) === null && !isJson(answer);
}

/** A schema may also ask for a text or a number. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
