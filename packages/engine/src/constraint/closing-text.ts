import { tags } from "./grammar/tags.ts";
import type { GrammarMatcher } from "./xgrammar.ts";

/** Longer ways to the end are given up. */
const maxLength = 4_000;

/** A character that has no meaning in JSON: where it may stand, a text is being written. */
const inText = "~";

const structural = ["]", "}", '"', ",", ":"];
const characters = [
  ..."0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-+./_@ \\#!$%&'()*;=?^`|>",
  "[",
  "{",
];

/**
 * A short text that brings an answer to its end: open strings, lists and objects are closed, what is still required
 * gets its smallest form. The matcher is left as it was.
 *
 * @param mayEnd true when the matcher's text may end
 * @returns `null` when no end was found
 */
export function closingText(matcher: GrammarMatcher, mayEnd: () => boolean): string | null {
  let closing = "";
  let steps = 0;
  const take = (piece: string): boolean => {
    if (!matcher.acceptText(piece)) return false;
    steps++;
    closing += piece;
    return true;
  };
  const isText = (): boolean => {
    if (!matcher.acceptText(inText)) return false;
    matcher.rollBack(1);
    return true;
  };
  const step = (): boolean => {
    const forced = matcher.forcedText();
    if (forced !== "") return take(forced);
    if (take(tags.endThink) || take(tags.endAnswer)) return true;
    if (isText()) return take('"') || take(".") || take(inText);
    return structural.some(take) || characters.some(take);
  };
  try {
    while (!mayEnd()) if (closing.length > maxLength || !step()) return null;
    return closing;
  } finally {
    if (steps > 0) matcher.rollBack(steps);
  }
}
