import type { CodePointRange } from "./expression.ts";

/** All characters of Unicode text; surrogates are no characters. */
export const anyCharacter: readonly CodePointRange[] = [
  [0, 0xd7ff],
  [0xe000, 0x10ffff],
];

/** Sorts ranges and joins those that touch. */
export function normalizeRanges(ranges: readonly CodePointRange[]): CodePointRange[] {
  const joined: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const previous = joined.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

/** What is in `ranges` and not in `removed`. */
export function subtractRanges(
  ranges: readonly CodePointRange[],
  removed: readonly CodePointRange[],
): CodePointRange[] {
  let rest = normalizeRanges(ranges);
  for (const [first, last] of removed) {
    rest = rest.flatMap(([from, to]) => {
      const pieces: CodePointRange[] = [
        [from, Math.min(to, first - 1)],
        [Math.max(from, last + 1), to],
      ];
      return pieces.filter(([start, end]) => start <= end);
    });
  }
  return rest;
}

/** What is in both. */
export function intersectRanges(a: readonly CodePointRange[], b: readonly CodePointRange[]): CodePointRange[] {
  return subtractRanges(a, subtractRanges(anyCharacter, b));
}

/** The ranges that hold exactly these characters. */
export function rangesOf(characters: Iterable<string>): CodePointRange[] {
  return [...characters].map((character) => [character.codePointAt(0)!, character.codePointAt(0)!] as const);
}
