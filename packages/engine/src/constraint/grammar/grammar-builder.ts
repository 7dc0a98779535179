import { GrammarError } from "@ocellus/core";
import { checkGrammar } from "./check-grammar.ts";
import { choice, type Expression, followedBy, nothing } from "./expression.ts";
import { createExpressionPrinter } from "./print-expression.ts";

/** Grammars with more rules, or a longer text, take seconds to compile. */
const maxRules = 20_000;
const maxLength = 1 << 20;

/**
 * Collects the rules of a grammar. Repetitions become rules that call themselves at their end: the matcher is a
 * hundred times faster with those than with its own `*` and `{m,n}` (measured with web-xgrammar 0.1.27).
 */
export class GrammarBuilder {
  readonly #rules = new Map<string, Expression>();
  readonly #shared = new Map<string, Expression>();

  /** A new rule; `define` receives the reference to it, for recursion. */
  rule(hint: string, define: (self: Expression) => Expression): Expression {
    const name = `${hint.replace(/[^A-Za-z]/g, "_")}_${this.#rules.size}`;
    if (this.#rules.size >= maxRules) {
      throw new GrammarError(`The grammar of the answer has more than ${maxRules} rules; use a smaller schema.`);
    }
    const self: Expression = { kind: "rule", name };
    this.#rules.set(name, nothing);
    this.#rules.set(name, define(self));
    return self;
  }

  /** The rule known by this key; made at the first call. A definition may ask for its own key again. */
  shared(key: string, define: () => Expression): Expression {
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    return this.rule(key, (self) => {
      this.#shared.set(key, self);
      return define();
    });
  }

  /**
   * `expression` from `min` to `max` times.
   *
   * @param max `null` for without end
   */
  repeat(hint: string, expression: Expression, min: number, max: number | null): Expression {
    let tail = nothing;
    if (max === null) {
      tail = this.rule(hint, (self) => choice(nothing, followedBy(expression, self)));
    }
    for (let count = min; max !== null && count < max; count++) {
      const rest = tail;
      tail = this.rule(hint, () => choice(nothing, followedBy(expression, rest)));
    }
    for (let count = 0; count < min; count++) {
      const rest = tail;
      tail = this.rule(hint, () => followedBy(expression, rest));
    }
    return tail;
  }

  /**
   * The grammar as EBNF text with the rule `root`.
   *
   * @throws GrammarError when no text fits it, or it is too large
   */
  print(root: Expression): string {
    checkGrammar(this.#rules, root);
    const printer = createExpressionPrinter();
    const rules = [["root", root] as const, ...this.#rules].map(
      ([name, expression]) => `${name} ::= ${printer.print(expression)}`,
    );
    const ebnf = [...rules, ...printer.byteRules].join("\n");
    if (ebnf.length > maxLength) {
      throw new GrammarError(
        `The grammar of the answer has ${ebnf.length} characters, more than ${maxLength}; use a smaller schema.`,
      );
    }
    return ebnf;
  }
}
