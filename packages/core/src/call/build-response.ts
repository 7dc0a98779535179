import type { ModelInfo } from "../model/model-info.ts";
import type { JsonSchema } from "../model/schema-input.ts";
import type { Answer } from "../model/vision-backend.ts";
import { parseFirstJson } from "../parsing/parse-first-json.ts";
import { parseResponse } from "../parsing/parse-response.ts";
import { splitAnswer } from "../parsing/split-answer.ts";
import type { PredictionResponse } from "../responses/prediction-response.ts";
import type { ResponseBase } from "../responses/response-base.ts";
import type { PlannedAnswer } from "./plan-call.ts";

/**
 * Makes the response of a raw answer: parsed by its schema or task, else the plain text. A plain-text answer that
 * thought first as asked has only its `<answer>` as the result.
 */
export async function buildResponse(
  answer: Answer,
  planned: PlannedAnswer,
  info: ModelInfo,
): Promise<PredictionResponse> {
  const { request, prompt, schema } = planned;
  const { text, usage, timings, tokenIds, finishReason } = answer;
  const coordinateSpace = info.coordinateSpace ?? "relative-1024";
  const size = answer.resizedSizes?.at(-1);
  const parsed = parseResponse(text, {
    task: schema === null ? request.task : "generic",
    cot: request.cot,
    coordinateSpace,
    ...(size === undefined ? {} : { imageSize: size }),
  });
  const base: ResponseBase = {
    prompt,
    rawOutput: text,
    thinking: parsed.thinking,
    usage,
    timings,
    tokenIds: Array.from(tokenIds),
    finishReason,
    ...(answer.toolCalls === undefined || answer.toolCalls.length === 0 ? {} : { toolCalls: answer.toolCalls }),
    ...(answer.origin === undefined ? {} : { origin: answer.origin }),
  };
  const split = splitAnswer(text);
  if (schema !== null) {
    const decoded = parseScalar(split.answer, schema.jsonSchema) ?? parseFirstJson(split.answer);
    const output = decoded === null ? null : await schema.validate(decoded.value);
    if (output !== null) return { kind: "structured", result: output.value, ...base };
  }
  if (request.definition.jsonKey === null && schema === null && request.cot && split.isTagged) {
    return { kind: "generic", result: split.answer, ...base };
  }
  if (parsed.kind === "phrase-grounding") {
    return { kind: parsed.kind, result: parsed.result, ...base, coordinateSpace } as PredictionResponse;
  }
  return { kind: parsed.kind, result: parsed.result, ...base } as PredictionResponse;
}

/** A schema may also ask for a text or a number, whose beginning no bracket shows. */
function parseScalar(text: string, schema: JsonSchema): { readonly value: unknown } | null {
  if (schema.type === "object" || schema.type === "array") return null;
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return null;
  }
}
