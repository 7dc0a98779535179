import { GrammarError } from "@ocellus/core";
import type { Expression } from "./expression.ts";

type Rules = ReadonlyMap<string, Expression>;

/**
 * Refuses grammars that no finite text fits, and rules that begin with themselves, which no matcher can follow.
 *
 * @throws GrammarError
 */
export function checkGrammar(rules: Rules, root: Expression): void {
  const finite = closure(rules, (expression, known) => hasEnd(expression, known));
  if (!hasEnd(root, finite)) {
    throw new GrammarError(
      "No answer can fit the schema: it asks for a value that contains another one of its kind without end. Make one of the properties on the way optional or nullable.",
    );
  }
  const empty = closure(rules, (expression, known) => canBeEmpty(expression, known));
  const done = new Set<string>();
  for (const name of rules.keys()) checkLeftRecursion(rules, name, empty, done);
}

/** The rules for which `holds` follows from the rules for which it held before, until nothing changes. */
function closure(
  rules: Rules,
  holds: (expression: Expression, known: ReadonlySet<string>) => boolean,
): ReadonlySet<string> {
  const known = new Set<string>();
  for (let size = -1; size < known.size; ) {
    size = known.size;
    // From the last rule on: a rule mostly refers to later ones.
    for (const [name, expression] of [...rules].reverse()) {
      if (!known.has(name) && holds(expression, known)) known.add(name);
    }
  }
  return known;
}

function hasEnd(expression: Expression, known: ReadonlySet<string>): boolean {
  if (expression.kind === "rule") return known.has(expression.name);
  if (expression.kind === "sequence") return expression.parts.every((part) => hasEnd(part, known));
  if (expression.kind === "choice") return expression.options.some((option) => hasEnd(option, known));
  return true;
}

function canBeEmpty(expression: Expression, known: ReadonlySet<string>): boolean {
  if (expression.kind === "rule") return known.has(expression.name);
  if (expression.kind === "sequence") return expression.parts.every((part) => canBeEmpty(part, known));
  if (expression.kind === "choice") return expression.options.some((option) => canBeEmpty(option, known));
  return expression.kind === "text" && expression.text === "";
}

/** Walks along what a rule can begin with. Without recursion: chains of rules are as long as a counted string. */
function checkLeftRecursion(rules: Rules, start: string, empty: ReadonlySet<string>, done: Set<string>): void {
  const path = new Set<string>();
  const stack: { readonly name: string; readonly leave: boolean }[] = [{ name: start, leave: false }];
  while (stack.length > 0) {
    const { name, leave } = stack.pop()!;
    if (leave) {
      path.delete(name);
      done.add(name);
      continue;
    }
    if (path.has(name)) {
      throw new GrammarError(`The schema refers to itself without any value between ("${name}"): remove that $ref.`);
    }
    if (done.has(name)) continue;
    path.add(name);
    stack.push({ name, leave: true });
    for (const first of firstRules(rules.get(name)!, empty)) stack.push({ name: first, leave: false });
  }
}

/** Rules that an expression can begin with. */
function firstRules(expression: Expression, empty: ReadonlySet<string>): string[] {
  if (expression.kind === "rule") return [expression.name];
  if (expression.kind === "choice") return expression.options.flatMap((option) => firstRules(option, empty));
  if (expression.kind !== "sequence") return [];
  const names: string[] = [];
  for (const part of expression.parts) {
    names.push(...firstRules(part, empty));
    if (!canBeEmpty(part, empty)) break;
  }
  return names;
}
