import type { SKRSContext2D } from "@napi-rs/canvas";
import { type FontWeight, fontOf } from "./bundled-font.ts";

/** A stretch of text in one style. */
export interface TextSpan {
  readonly text: string;
  /** CSS colour. */
  readonly color: string;
  readonly weight: FontWeight;
}

/** A span at its place in a line; `x` in pixels from the left edge of the text. */
export interface PlacedSpan extends TextSpan {
  readonly x: number;
}

/** One line of wrapped text, left to right. */
export type TextLine = readonly PlacedSpan[];

const ellipsis = "…";
/** Longer texts are cut before they are measured: no panel shows as much. */
const maxCharacters = 6000;
const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * Wraps styled text to a width: at spaces, and inside words that are longer than a line. Line breaks of the text count.
 * What does not fit into `maxLines` is cut and marked with an ellipsis.
 *
 * @param width of a line in pixels
 */
export function layoutText(
  context: SKRSContext2D,
  spans: readonly TextSpan[],
  { fontSize, width, maxLines }: { readonly fontSize: number; readonly width: number; readonly maxLines: number },
): TextLine[] {
  const measure: Measure = (text, weight) => {
    context.font = fontOf(fontSize, weight);
    return context.measureText(text).width;
  };
  const lines: PlacedSpan[][] = [[]];
  let x = 0;
  // Spaces at the beginning of a line count where the text itself begins it there: indentation.
  let isWrapped = false;
  const breakLine = (wraps: boolean): void => {
    lines.push([]);
    x = 0;
    isWrapped = wraps;
  };
  const place = (piece: TextSpan, size: number): void => {
    const isSpace = piece.text.trim() === "";
    if (x > 0 && x + size > width && !isSpace) breakLine(true);
    if (isSpace && (x === 0 ? isWrapped : x + size > width)) return;
    lines.at(-1)!.push({ ...piece, x });
    x += size;
  };
  for (const piece of splitPieces(spans)) {
    if (lines.length > maxLines) break;
    if (piece.text === "\n") breakLine(false);
    else for (const part of splitLongWord(piece, width, measure)) place(part, measure(part.text, part.weight));
  }
  return cutLines(lines, width, maxLines, measure);
}

type Measure = (text: string, weight: FontWeight) => number;

function cutLines(lines: PlacedSpan[][], width: number, maxLines: number, measure: Measure): TextLine[] {
  while (lines.length > 1 && lines.at(-1)!.length === 0) lines.pop();
  if (lines.length <= maxLines) return lines;
  const kept = lines.slice(0, maxLines);
  const last = kept.pop();
  return last === undefined ? [] : [...kept, markCut(last, width, measure)];
}

/** Shortens a single line with an ellipsis until `measure` says that it fits; graphemes are never split. */
export function truncateText(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text;
  const graphemes = Array.from(segmenter.segment(text.slice(0, maxCharacters)), ({ segment }) => segment);
  let low = 0;
  let high = graphemes.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (measure(graphemes.slice(0, middle).join("").trimEnd() + ellipsis) <= width) low = middle;
    else high = middle - 1;
  }
  return graphemes.slice(0, low).join("").trimEnd() + ellipsis;
}

/** Words, spaces and line breaks, each in its style. */
function* splitPieces(spans: readonly TextSpan[]): Generator<TextSpan> {
  let left = maxCharacters;
  for (const span of spans) {
    const cut = span.text.length > left;
    const text = cut ? span.text.slice(0, left) + ellipsis : span.text;
    left -= span.text.length;
    for (const [piece] of text.replace(/\r\n?/g, "\n").matchAll(/\n|[^\S\n]+|\S+/g)) yield { ...span, text: piece };
    if (cut) return;
  }
}

/** The parts of a word that fit into a line each; the word itself if it does. */
function splitLongWord(word: TextSpan, width: number, measure: Measure): TextSpan[] {
  if (measure(word.text, word.weight) <= width) return [word];
  const parts: TextSpan[] = [];
  let current = "";
  for (const { segment } of segmenter.segment(word.text)) {
    if (current !== "" && measure(current + segment, word.weight) > width) {
      parts.push({ ...word, text: current });
      current = "";
    }
    current += segment;
  }
  if (current !== "") parts.push({ ...word, text: current });
  return parts;
}

/** Ends a line with an ellipsis; spans that leave no room for a character of their own make way. */
function markCut(line: TextLine, width: number, measure: Measure): PlacedSpan[] {
  const spans = [...line];
  for (let last = spans.pop(); last !== undefined; last = spans.pop()) {
    const { weight, x } = last;
    const marked = last.text.replace(/[\s…]*$/, ellipsis);
    const text = truncateText(marked, width - x, (value) => measure(value, weight));
    if (text !== ellipsis || spans.length === 0) return [...spans, { ...last, text }];
  }
  return spans;
}
