import { type Box, type PredictionResponse, parseResponse } from "ocellus";
import type { SampleQuestion } from "ocellus-tiny";

/** Overlap from which a box counts as found (the usual threshold of detection benchmarks). */
const leastOverlap = 0.5;

/**
 * Compares an answer with how the picture was drawn: the same words for text; for boxes the same phrases, each box with
 * an intersection over union of at least 0.5.
 */
export function isRight({ kind, answer }: SampleQuestion, response: PredictionResponse): boolean {
  if (kind !== "phrase-grounding") {
    return withoutForm(answer).toLowerCase() === withoutForm(response.rawOutput).toLowerCase();
  }
  const expected = boxesOf(parseResponse(answer, { task: "phrase-grounding" }));
  const found = boxesOf(response);
  return (
    found.length === expected.length &&
    expected.every(({ phrase, box }) =>
      found.some((other) => other.phrase === phrase && overlapOf(other.box, box) >= leastOverlap),
    )
  );
}

/** The right answer as a text for people; of boxes, what should have been found. */
export function rightAnswer({ kind, answer }: SampleQuestion, response: PredictionResponse): string {
  if (kind !== "phrase-grounding") return withoutForm(answer);
  const list = (boxes: readonly { phrase: string }[]): string => boxes.map(({ phrase }) => phrase).join(", ");
  const expected = list(boxesOf(parseResponse(answer, { task: "phrase-grounding" })));
  return expected === list(boxesOf(response)) ? `${expected}, in boxes that overlap at least by half` : expected;
}

/** The text without its thinking, JSON form and outer white space. */
function withoutForm(text: string): string {
  const parsed = parseResponse(text, { task: "vqa" });
  const plain = parsed.kind === "vqa" ? parsed.result.answer : text.replace(/^[\s\S]*<\/think>|<\/?answer>/g, "");
  return plain.trim();
}

function boxesOf(response: Pick<PredictionResponse, "kind" | "result">): { phrase: string; box: Box }[] {
  const { kind, result } = response as PredictionResponse;
  if (kind !== "phrase-grounding") return [];
  return result.groundings.flatMap(({ phrase, grounding }) => grounding.map((box) => ({ phrase, box })));
}

/** Intersection over union. */
function overlapOf(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const area = ([x0, y0, x1, y1]: Box): number => (x1 - x0) * (y1 - y0);
  return (width * height) / (area(a) + area(b) - width * height);
}
