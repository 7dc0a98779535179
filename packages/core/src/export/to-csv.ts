import type { BatchEntry } from "../batch/batch-run.ts";
import type { PredictionResponse } from "../responses/prediction-response.ts";
import { nameSource } from "./name-source.ts";

/** Options of {@link toCsv}. */
export interface ToCsvOptions {
  /** Begin with the names of the columns. Default true. */
  readonly header?: boolean;
}

const columns = [
  ...["index", "source", "kind", "prompt", "answer", "groundings", "thinking", "finishReason"],
  ...["inputTokens", "outputTokens", "errorCode", "errorMessage"],
] as const;

/**
 * Entries of a run as CSV (RFC 4180: commas, CRLF, quotes doubled), one row per entry in the given order, failures
 * included with their code and message.
 *
 * Columns: `index, source, kind, prompt, answer, groundings, thinking, finishReason, inputTokens, outputTokens,
 * errorCode, errorMessage`. `answer` is the text of the answer (the sentence of phrase grounding, the JSON of an answer
 * to a schema), `groundings` the JSON of the phrases with their boxes (0–1024).
 *
 * A text that a spreadsheet would take for a formula, because it begins with `=`, `+`, `-`, `@`, a tab or a carriage
 * return, gets an apostrophe in front (OWASP, "CSV Injection"): an answer of a model can never run in it.
 */
export function toCsv(entries: Iterable<BatchEntry<PredictionResponse>>, options: ToCsvOptions = {}): string {
  let text = options.header === false ? "" : `${columns.join(",")}\r\n`;
  for (const entry of entries) text += `${cellsOf(entry).map(toCell).join(",")}\r\n`;
  return text;
}

type CellValue = string | number | null;

function cellsOf({ index, source, outcome }: BatchEntry<PredictionResponse>): readonly CellValue[] {
  const [response, error] = outcome;
  const place = [index, nameSource(source)];
  if (error !== null) return [...place, ...Array<null>(columns.length - 4).fill(null), error.code, error.message];
  const { kind, prompt, thinking, finishReason, usage } = response;
  const groundings = kind === "phrase-grounding" ? JSON.stringify(response.result.groundings) : null;
  return [
    ...[...place, kind, prompt, answerOf(response), groundings, thinking, finishReason],
    ...[usage.inputTokens, usage.outputTokens, null, null],
  ];
}

function answerOf(response: PredictionResponse): string {
  switch (response.kind) {
    case "vqa":
      return response.result.answer;
    case "freeform":
      return response.result.caption;
    case "generic":
      return response.result;
    case "structured":
      return JSON.stringify(response.result);
    case "phrase-grounding":
      return response.result.sentence;
  }
}

function toCell(value: CellValue): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
