import type { PredictionResponse } from "ocellus";
import { formatDuration, formatInteger } from "./format-quantity.ts";

/** Tokens per second of the generation after the first token, or `null` when the answer is too short to tell. */
export function tokensPerSecond({ usage, timings }: Pick<PredictionResponse, "usage" | "timings">): number | null {
  const steps = usage.outputTokens - 1;
  return steps < 3 || timings.decodeMs <= 0 ? null : (steps / timings.decodeMs) * 1000;
}

/** One line about an answer: prompt and answer in tokens, time to the first token, speed, and why it ended if odd. */
export function formatTimings(response: PredictionResponse): string {
  const { usage, timings, finishReason } = response;
  const speed = tokensPerSecond(response);
  const parts = [
    `${formatInteger(usage.inputTokens)} tokens in (${formatInteger(usage.imageTokens)} of the picture), ${formatInteger(usage.outputTokens)} out`,
    `first token after ${formatDuration(timings.firstTokenMs)}`,
    ...(speed === null ? [] : [`${speed.toFixed(speed < 10 ? 1 : 0)} tokens/s`]),
    ...(finishReason === "length" ? ["cut off at --max-new-tokens"] : []),
  ];
  return parts.join(" · ");
}
