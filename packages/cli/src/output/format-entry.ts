import type { BatchEntry, PredictionResponse } from "ocellus";
import { formatAnswer } from "./format-answer.ts";
import { printableOn } from "./printable.ts";
import { type StyledOutput, styleFor } from "./text-style.ts";

/**
 * An answered entry as text: the answer alone when there is one source, else `path: answer`. A failure is empty: it is
 * shown on standard error.
 *
 * @param output decides about colours, and whether control characters are made visible; `null` for a file
 */
export function formatEntry(
  { source, outcome: [response] }: BatchEntry<PredictionResponse>,
  isSingle: boolean,
  output: StyledOutput | null,
): string {
  if (response === null) return "";
  const text = formatAnswer(response);
  const answer = output === null ? text : printableOn(output, text);
  if (isSingle) return `${answer}\n`;
  const name = output === null ? String(source) : styleFor(output).cyan(printableOn(output, String(source)));
  return answer.includes("\n") ? `${name}:\n${answer.replace(/^/gm, "  ")}\n` : `${name}: ${answer}\n`;
}
