import type { PredictionResponse } from "ocellus";

/** A response for people: the text of an answer; for phrase grounding the sentence and a line per box (0–1024). */
export function formatAnswer(response: PredictionResponse): string {
  switch (response.kind) {
    case "vqa":
      return response.result.answer;
    case "freeform":
      return response.result.caption;
    case "generic":
      return response.result.trim();
    case "structured":
      return JSON.stringify(response.result, null, 2);
    case "phrase-grounding":
      return [response.result.sentence, ...groundingLines(response.result.groundings)].join("\n");
  }
}

/** One line per box: the phrase, padded to a column, and the corners. */
export function groundingLines(
  groundings: readonly { readonly phrase: string; readonly grounding: readonly (readonly number[])[] }[],
): readonly string[] {
  const width = Math.max(0, ...groundings.map(({ phrase }) => phrase.length));
  return groundings.flatMap(({ phrase, grounding }) =>
    grounding.map((box, index) => `${(index === 0 ? phrase : "").padEnd(width)}  [${box.join(", ")}]`),
  );
}
