import type { TextSpan } from "./layout-text.ts";

/**
 * Splits a sentence into plain spans and spans in the colour of the phrase that they are. Phrases are looked for
 * without regard to case, longer ones first; each place belongs to one phrase.
 */
export function highlightPhrases(
  sentence: string,
  phrases: readonly string[],
  colorOf: (phrase: string) => string,
  plainColor: string,
): TextSpan[] {
  const colors = colorCharacters(sentence, phrases, colorOf);
  const spans: TextSpan[] = [];
  for (let start = 0; start < sentence.length; ) {
    let end = start + 1;
    while (end < sentence.length && colors[end] === colors[start]) end++;
    const color = colors[start];
    spans.push({
      text: sentence.slice(start, end),
      color: color ?? plainColor,
      weight: color === undefined ? 400 : 600,
    });
    start = end;
  }
  return spans;
}

/** The colour of each UTF-16 unit of the sentence; `undefined` outside of phrases. */
function colorCharacters(
  sentence: string,
  phrases: readonly string[],
  colorOf: (phrase: string) => string,
): (string | undefined)[] {
  const colors: (string | undefined)[] = new Array(sentence.length).fill(undefined);
  const lower = sentence.toLowerCase();
  // Lower-casing may change the length of rare letters; places would no longer agree.
  const fold = (text: string): string => (lower.length === sentence.length ? text.toLowerCase() : text);
  const searchable = fold(sentence);
  for (const phrase of [...phrases].sort((a, b) => b.length - a.length)) {
    for (const [start, end] of findWords(searchable, fold(phrase.trim()))) {
      if (colors.slice(start, end).every((color) => color === undefined)) colors.fill(colorOf(phrase), start, end);
    }
  }
  return colors;
}

/** Every place of `wanted` that is not part of a longer word ("cat" in "catalogue"). */
function* findWords(text: string, wanted: string): Generator<[start: number, end: number]> {
  if (wanted === "") return;
  for (let start = text.indexOf(wanted); start >= 0; start = text.indexOf(wanted, start + wanted.length)) {
    const end = start + wanted.length;
    const opens = !(isWordCharacter(text[start - 1]) && isWordCharacter(text[start]));
    const closes = !(isWordCharacter(text[end]) && isWordCharacter(text[end - 1]));
    if (opens && closes) yield [start, end];
  }
}

const isWordCharacter = (text: string | undefined): boolean => text !== undefined && /[\p{L}\p{N}]/u.test(text);
