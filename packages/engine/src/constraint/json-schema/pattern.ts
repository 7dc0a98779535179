import { anyCharacter, normalizeRanges, subtractRanges } from "../grammar/code-points.ts";
import { type CodePointRange, choice, type Expression, nothing, sequence } from "../grammar/expression.ts";
import type { GrammarBuilder } from "../grammar/grammar-builder.ts";
import { jsonCharacter } from "../grammar/json-text.ts";
import { characterEscape, classEscape } from "./pattern-escapes.ts";

/** Repetitions beyond this make grammars that take seconds to compile. */
const maxRepeat = 1_000;

/** A regular expression that has no grammar here. */
export class PatternError extends Error {}

/**
 * A regular expression (ECMA-262) as the body of a JSON string: literals, classes, groups, alternatives, quantifiers,
 * and `^` and `$` at the two ends. A pattern without them may stand anywhere in the string, as JSON Schema wants it.
 *
 * @throws PatternError for look-around, back references, `\b`, `\p{…}`, and anchors elsewhere
 */
export function patternGrammar(builder: GrammarBuilder, pattern: string): Expression {
  const options = new PatternReader(builder, pattern).readAll();
  const anything = builder.repeat("any", jsonCharacter(anyCharacter), 0, null);
  return choice(
    ...options.map(({ body, fromStart, toEnd }) =>
      sequence(fromStart ? nothing : anything, body, toEnd ? nothing : anything),
    ),
  );
}

interface Alternative {
  readonly body: Expression;
  readonly fromStart: boolean;
  readonly toEnd: boolean;
}

class PatternReader {
  readonly #builder: GrammarBuilder;
  readonly #characters: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(builder: GrammarBuilder, pattern: string) {
    this.#builder = builder;
    this.#characters = [...pattern];
  }

  readAll(): Alternative[] {
    const alternatives: Alternative[] = [];
    do {
      const fromStart = this.#take("^");
      const body = this.#readTerms();
      alternatives.push({ body, fromStart, toEnd: this.#take("$") });
    } while (this.#take("|"));
    if (this.#at < this.#characters.length) throw new PatternError(`"${this.#peek()}" at ${this.#at}`);
    return alternatives;
  }

  #readTerms(): Expression {
    const parts: Expression[] = [];
    while (this.#at < this.#characters.length && !"|)$".includes(this.#peek())) parts.push(this.#readQuantified());
    return sequence(...parts);
  }

  #readQuantified(): Expression {
    const atom = this.#readAtom();
    const range = this.#readQuantifier();
    if (range === null) return atom;
    this.#take("?");
    const [min, max] = range;
    if (min > maxRepeat || (max !== null && (max > maxRepeat || max < min))) {
      throw new PatternError(`the repetition {${min},${max ?? ""}} (at most ${maxRepeat})`);
    }
    return this.#builder.repeat("repeat", atom, min, max);
  }

  #readQuantifier(): readonly [number, number | null] | null {
    if (this.#take("*")) return [0, null];
    if (this.#take("+")) return [1, null];
    if (this.#take("?")) return [0, 1];
    const rest = this.#characters.slice(this.#at, this.#at + 24).join("");
    const braces = /^\{(\d+)(,(\d*))?\}/.exec(rest);
    if (braces === null) return null;
    this.#at += braces[0].length;
    const min = Number(braces[1]);
    if (braces[2] === undefined) return [min, min];
    return [min, braces[3] === "" ? null : Number(braces[3])];
  }

  #readAtom(): Expression {
    const character = this.#next();
    if (character === "(") return this.#readGroup();
    if (character === "[") return jsonCharacter(this.#readClass());
    if (character === "\\") return jsonCharacter(this.#readEscape());
    if (character === ".") return jsonCharacter(subtractRanges(anyCharacter, lineEnds));
    if ("*+?{^".includes(character)) throw new PatternError(`"${character}" at ${this.#at - 1}`);
    return jsonCharacter([single(character)]);
  }

  #readGroup(): Expression {
    if (this.#take("?") && !this.#take(":") && !this.#takeGroupName()) throw new PatternError("a look-around");
    if (++this.#depth > 32) throw new PatternError("more than 32 nested groups");
    const options: Expression[] = [];
    do options.push(this.#readTerms());
    while (this.#take("|"));
    if (!this.#take(")")) throw new PatternError(this.#peek() === "$" ? '"$" inside of a group' : "an open group");
    this.#depth--;
    return choice(...options);
  }

  #takeGroupName(): boolean {
    const name = /^<[A-Za-z_$][\w$]*>/.exec(this.#characters.slice(this.#at, this.#at + 80).join(""));
    this.#at += name?.[0].length ?? 0;
    return name !== null;
  }

  #readClass(): CodePointRange[] {
    const isNegated = this.#take("^");
    const ranges: CodePointRange[] = [];
    while (!this.#take("]")) {
      const first = this.#readClassMember();
      const isRange = this.#peek() === "-" && this.#characters[this.#at + 1] !== "]";
      if (!isRange) {
        ranges.push(...first);
        continue;
      }
      this.#at++;
      const last = this.#readClassMember();
      const [from, to] = [first[0]![0], last[0]![1]];
      if (first.length > 1 || last.length > 1 || from > to) throw new PatternError("a class with a bad range");
      ranges.push([from, to]);
    }
    return isNegated ? subtractRanges(anyCharacter, ranges) : normalizeRanges(ranges);
  }

  #readClassMember(): readonly CodePointRange[] {
    const character = this.#next();
    if (character !== "\\") return [single(character)];
    if (this.#take("b")) return [[8, 8]];
    if (this.#take("-")) return [single("-")];
    return this.#readEscape();
  }

  /** Behind a backslash. */
  #readEscape(): readonly CodePointRange[] {
    const name = this.#next();
    const ranges = classEscape(name);
    if (ranges !== null) return ranges;
    const { code, length } = characterEscape(name, this.#characters.slice(this.#at, this.#at + 10).join(""));
    this.#at += length;
    if (code === null) throw new PatternError(`"\\${name}"`);
    return [[code, code]];
  }

  #peek(): string {
    return this.#characters[this.#at] ?? "";
  }

  #next(): string {
    const character = this.#characters[this.#at++];
    if (character === undefined) throw new PatternError("an unfinished end");
    return character;
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }
}

const lineEnds: readonly CodePointRange[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];

function single(character: string): CodePointRange {
  const code = character.codePointAt(0)!;
  return [code, code];
}
