import { anyCharacter, rangesOf, subtractRanges } from "../grammar/code-points.ts";
import type { CodePointRange } from "../grammar/expression.ts";

const digits: readonly CodePointRange[] = [[0x30, 0x39]];
const word: readonly CodePointRange[] = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
/** White space and line ends of ECMA-262, sections 12.2 and 12.3. */
const space: readonly CodePointRange[] = [
  [0x09, 0x0d],
  ...rangesOf("\u0020\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"),
  [0x2000, 0x200a],
];

const classes: Readonly<Record<string, readonly CodePointRange[]>> = {
  d: digits,
  D: subtractRanges(anyCharacter, digits),
  w: word,
  W: subtractRanges(anyCharacter, word),
  s: space,
  S: subtractRanges(anyCharacter, space),
};

const control: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, "0": 0 };

/** The characters of `\d`, `\w`, `\s` and their opposites; `null` for another escape. */
export function classEscape(name: string): readonly CodePointRange[] | null {
  return Object.hasOwn(classes, name) ? classes[name]! : null;
}

/**
 * The character that an escape of a regular expression stands for.
 *
 * @param name the character behind the backslash
 * @param rest what follows it
 * @returns its code point (`null` when it is no character) and how much of `rest` belongs to it
 */
export function characterEscape(name: string, rest: string): { readonly code: number | null; readonly length: number } {
  if (name === "x" || name === "u") {
    const digitsBehind = (name === "x" ? /^([0-9a-fA-F]{2})/ : /^(?:([0-9a-fA-F]{4})|\{([0-9a-fA-F]{1,6})\})/).exec(
      rest,
    );
    const hex = digitsBehind?.[1] ?? digitsBehind?.[2];
    const code = hex === undefined ? null : Number.parseInt(hex, 16);
    const isCharacter = code !== null && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
    return { code: isCharacter ? code : null, length: digitsBehind?.[0].length ?? 0 };
  }
  if (Object.hasOwn(control, name)) return { code: control[name]!, length: 0 };
  return { code: /[A-Za-z0-9]/.test(name) ? null : name.codePointAt(0)!, length: 0 };
}
