/** Code points from `[0]` to `[1]`, both included. */
export type CodePointRange = readonly [number, number];

/** A piece of a grammar over the characters of a text. */
export type Expression =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "class"; readonly ranges: readonly CodePointRange[] }
  | { readonly kind: "bytes"; readonly ranges: readonly CodePointRange[] }
  | { readonly kind: "sequence"; readonly parts: readonly Expression[] }
  | { readonly kind: "choice"; readonly options: readonly Expression[] }
  | { readonly kind: "rule"; readonly name: string };

/** Exactly this text. */
export function text(value: string): Expression {
  return { kind: "text", text: value };
}

/** The empty text. */
export const nothing: Expression = text("");

/**
 * One character of these ranges. Where all characters beyond ASCII belong to them, any byte of those counts, which the
 * matcher is a hundred times faster with: that the bytes are UTF-8 is seen to beside the grammar.
 */
export function oneOf(ranges: readonly CodePointRange[]): Expression {
  const ascii = clip(ranges, 0, 0x7f);
  const others = clip(ranges, 0x80, 0x10ffff);
  const isAll = String(others) === String(beyondAscii);
  if (isAll) return { kind: "bytes", ranges: [...ascii, [0x80, 0xff]] };
  const kept: Expression[] = [];
  if (ascii.length > 0) kept.push({ kind: "bytes", ranges: ascii });
  if (others.length > 0) kept.push({ kind: "class", ranges: others });
  return choice(...kept);
}

/** One byte of these ranges. */
export function oneByte(ranges: readonly CodePointRange[]): Expression {
  return { kind: "bytes", ranges };
}

const beyondAscii: readonly CodePointRange[] = [
  [0x80, 0xd7ff],
  [0xe000, 0x10ffff],
];

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
