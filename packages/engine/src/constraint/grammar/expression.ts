/** Code points from `[0]` to `[1]`, both included. */
export type CodePointRange = readonly [number, number];

/** A piece of a grammar over the characters of a text. */
export type Expression =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "class"; readonly ranges: readonly CodePointRange[] }
  | { readonly kind: "sequence"; readonly parts: readonly Expression[] }
  | { readonly kind: "choice"; readonly options: readonly Expression[] }
  | { readonly kind: "rule"; readonly name: string };

/** Exactly this text. */
export function text(value: string): Expression {
  return { kind: "text", text: value };
}

/** The empty text. */
export const nothing: Expression = text("");

/** One character of these ranges. ASCII and all other characters are options of their own. */
export function oneOf(ranges: readonly CodePointRange[]): Expression {
  const ascii = clip(ranges, 0, 0x7f);
  const others = clip(ranges, 0x80, 0x10ffff);
  const kept = [ascii, others].filter((part) => part.length > 0);
  return choice(...kept.map((part): Expression => ({ kind: "class", ranges: part })));
}

function clip(ranges: readonly CodePointRange[], low: number, high: number): CodePointRange[] {
  return ranges
    .map(([first, last]) => [Math.max(first, low), Math.min(last, high)] as const)
    .filter(([first, last]) => first <= last);
}

/** `expression`, then `rest`. The options of a choice are each followed by `rest`, which the matcher is faster with. */
export function followedBy(expression: Expression, rest: Expression): Expression {
  if (expression.kind !== "choice") return sequence(expression, rest);
  return choice(...expression.options.map((option) => sequence(option, rest)));
}

/** One decimal digit from `first` to `last`. */
export function digit(first: number = 0, last: number = 9): Expression {
  return oneOf([[0x30 + first, 0x30 + last]]);
}

/** One after the other. */
export function sequence(...parts: readonly Expression[]): Expression {
  const flat = parts.flatMap((part) => (part.kind === "sequence" ? part.parts : [part]));
  const kept = flat.filter((part) => part.kind !== "text" || part.text !== "");
  return kept.length === 1 ? kept[0]! : kept.length === 0 ? nothing : { kind: "sequence", parts: kept };
}

/** Any one of them. */
export function choice(...options: readonly Expression[]): Expression {
  const flat = options.flatMap((option) => (option.kind === "choice" ? option.options : [option]));
  return flat.length === 1 ? flat[0]! : { kind: "choice", options: flat };
}

/** It, or nothing. */
export function optional(expression: Expression): Expression {
  return choice(nothing, expression);
}

/** `expression` from `min` to `max` times, written out. */
export function times(expression: Expression, min: number, max: number = min): Expression {
  let tail = nothing;
  for (let count = max; count > min; count--) tail = optional(sequence(expression, tail));
  return sequence(...Array.from({ length: min }, () => expression), tail);
}
