import { intersectRanges, rangesOf, subtractRanges } from "./code-points.ts";
import {
  type CodePointRange,
  choice,
  type Expression,
  followedBy,
  nothing,
  oneOf,
  sequence,
  text,
} from "./expression.ts";
import type { GrammarBuilder } from "./grammar-builder.ts";

/** What a text may be made of. */
export interface TextWithoutOptions {
  /** Characters that may stand in the text as they are. */
  readonly characters: readonly CodePointRange[];
  /** Sequences that may stand in it beside them (escapes). They never belong to a forbidden text. */
  readonly escape?: Expression;
  /** Texts that must not occur in it. */
  readonly forbidden: readonly string[];
}

/**
 * A text of any length in which none of the forbidden texts occurs: the automaton of Aho and Corasick (1975) as rules,
 * one a state. A state is the longest end of the text that begins a forbidden one.
 *
 * @returns one expression for all such texts, and one for those of at least one character
 */
export function textWithout(
  builder: GrammarBuilder,
  hint: string,
  options: TextWithoutOptions,
): { readonly any: Expression; readonly nonEmpty: Expression } {
  const { forbidden } = options;
  const states = new Set(forbidden.flatMap((word) => [...word].map((_, index) => word.slice(0, index))));
  const rules = new Map<string, Expression>();
  /** The state for a text that ends with `seen`; `null` when a forbidden text is complete. */
  const stateOf = (seen: string): string | null => {
    if (forbidden.some((word) => seen.endsWith(word))) return null;
    for (let start = 0; ; start++) if (states.has(seen.slice(start))) return seen.slice(start);
  };
  const ruleOf = (state: string): Expression => {
    const known = rules.get(state);
    if (known !== undefined) return known;
    return builder.rule(hint, (self) => {
      rules.set(state, self);
      return choice(nothing, steps(state));
    });
  };
  const next = new Set([...states].flatMap((state) => [...forbidden.map((word) => word[state.length])]));
  const special = [...next].filter((character) => character !== undefined);
  const steps = (state: string): Expression => {
    const leading = special.filter((character) => stateOf(state + character) !== "");
    const free = oneOf(subtractRanges(options.characters, rangesOf(leading)));
    const ways: Expression[] = [followedBy(free, ruleOf(""))];
    if (options.escape !== undefined) ways.push(sequence(options.escape, ruleOf("")));
    for (const character of leading) {
      const to = stateOf(state + character);
      const isAllowed = intersectRanges(options.characters, rangesOf([character])).length > 0;
      if (to !== null && isAllowed) ways.push(sequence(text(character), ruleOf(to)));
    }
    return choice(...ways);
  };
  return { any: ruleOf(""), nonEmpty: builder.rule(hint, () => steps("")) };
}
