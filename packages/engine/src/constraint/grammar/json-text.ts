import { anyCharacter, intersectRanges, rangesOf, subtractRanges } from "./code-points.ts";
import { type CodePointRange, choice, digit, type Expression, oneOf, sequence, text, times } from "./expression.ts";
import type { GrammarBuilder } from "./grammar-builder.ts";
import { allTags } from "./tags.ts";
import { textWithout } from "./text-without.ts";

/** Characters that may stand in a JSON string as they are (RFC 8259, section 7). */
export const plainCharacters: readonly CodePointRange[] = subtractRanges(anyCharacter, [
  [0, 0x1f],
  [0x22, 0x22],
  [0x5c, 0x5c],
]);

const hex = oneOf([
  [0x30, 0x39],
  [0x41, 0x46],
  [0x61, 0x66],
]);
const letterD = oneOf(rangesOf("dD"));

/** An escape of a JSON string. Surrogates come in pairs, so that the string is valid Unicode. */
export function jsonEscape(builder: GrammarBuilder): Expression {
  return builder.shared("escape", () => {
    const notSurrogate = choice(
      sequence(oneOf(rangesOf("0123456789abcefABCEF")), times(hex, 3)),
      sequence(letterD, digit(0, 7), times(hex, 2)),
    );
    const high = sequence(letterD, oneOf(rangesOf("89abAB")), times(hex, 2));
    const low = sequence(letterD, oneOf(rangesOf("cdefCDEF")), times(hex, 2));
    const unicode = sequence(text("u"), choice(notSurrogate, sequence(high, text("\\u"), low)));
    return sequence(text("\\"), choice(oneOf(rangesOf('"\\/bfnrt')), unicode));
  });
}

/** A JSON string of at least `minLength` (0 or 1) characters in which no tag occurs. */
export function jsonString(builder: GrammarBuilder, minLength: 0 | 1): Expression {
  return builder.shared(minLength === 0 ? "string" : "nonEmptyString", () => {
    const body = textWithout(builder, "characters", {
      characters: plainCharacters,
      escape: jsonEscape(builder),
      forbidden: allTags,
    });
    return sequence(text('"'), minLength === 0 ? body.any : body.nonEmpty, text('"'));
  });
}

const shortEscapes = new Map([
  [0x08, "\\b"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0c, "\\f"],
  [0x0d, "\\r"],
  [0x22, '\\"'],
  [0x5c, "\\\\"],
]);

/**
 * One character of these ranges, as a JSON string spells it: plain where that is allowed, else escaped. `<` is always
 * escaped, so that no tag can arise.
 */
export function jsonCharacter(ranges: readonly CodePointRange[]): Expression {
  const plain = subtractRanges(intersectRanges(ranges, plainCharacters), rangesOf("<"));
  const options: Expression[] = plain.length > 0 ? [oneOf(plain)] : [];
  for (const [first, last] of intersectRanges(ranges, [[0, 0x5c]])) {
    for (let code = first; code <= last; code++) {
      if (code >= 0x20 && code !== 0x22 && code !== 0x3c && code !== 0x5c) continue;
      options.push(text(shortEscapes.get(code) ?? `\\u${code.toString(16).padStart(4, "0")}`));
    }
  }
  return options.length === 0 ? oneOf([]) : choice(...options);
}

/** Exactly this value, without white space. `<` is escaped where the text would contain a tag. */
export function jsonLiteral(value: unknown): Expression {
  const json = JSON.stringify(value);
  return text(allTags.some((tag) => json.includes(tag)) ? json.replaceAll("<", "\\u003c") : json);
}

/** Any JSON value, without white space; numbers are those that read back exactly. */
export function jsonValue(builder: GrammarBuilder): Expression {
  return builder.shared("value", () => {
    const value = jsonValue(builder);
    const member = sequence(jsonString(builder, 0), text(":"), value);
    return choice(
      jsonString(builder, 0),
      jsonNumber(builder),
      text("true"),
      text("false"),
      text("null"),
      commaList(builder, "{", member, "}"),
      commaList(builder, "[", value, "]"),
    );
  });
}

/** Any object. */
export function jsonObject(builder: GrammarBuilder): Expression {
  return builder.shared("object", () =>
    commaList(builder, "{", sequence(jsonString(builder, 0), text(":"), jsonValue(builder)), "}"),
  );
}

/** A number of at most 15 digits before and behind the point: what a double holds. */
export function jsonNumber(builder: GrammarBuilder): Expression {
  return builder.shared("number", () => {
    const whole = choice(text("0"), sequence(digit(1, 9), times(digit(), 0, 14)));
    const fraction = choice(text(""), sequence(text("."), times(digit(), 1, 15)));
    const exponent = choice(
      text(""),
      sequence(oneOf(rangesOf("eE")), choice(text(""), oneOf(rangesOf("+-"))), times(digit(), 1, 2)),
    );
    return sequence(choice(text(""), text("-")), whole, fraction, exponent);
  });
}

/** `open`, then any number of items with commas between them, then `close`. */
function commaList(builder: GrammarBuilder, open: string, item: Expression, close: string): Expression {
  const more = builder.repeat("more", sequence(text(","), item), 0, null);
  return sequence(text(open), choice(text(""), sequence(item, more)), text(close));
}
