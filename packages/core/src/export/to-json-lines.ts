import type { BatchEntry } from "../batch/batch-run.ts";
import type { PredictionResponse } from "../responses/prediction-response.ts";
import { nameSource } from "./name-source.ts";

/**
 * Entries of a run as JSON Lines: `{ "index", "source", "result", "error" }` each, in the given order. `source` is the
 * text that was given; bytes, pixels and URL objects are named instead.
 *
 * @returns text whose every line ends in a line feed; empty without entries
 *
 * @example
 * const entries = [];
 * for await (const entry of model({ source: ["photos/"], userPrompt: "Any defect?" })) entries.push(entry);
 * await writeFile("answers.jsonl", toJsonLines(entries));
 */
export function toJsonLines(entries: Iterable<BatchEntry<PredictionResponse>>): string {
  let text = "";
  for (const { index, source, outcome } of entries) {
    const [result, error] = outcome;
    const name = typeof source === "string" ? source : nameSource(source);
    text += `${JSON.stringify({ index, source: name, result, error })}\n`;
  }
  return text;
}
