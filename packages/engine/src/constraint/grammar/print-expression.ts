import type { CodePointRange, Expression } from "./expression.ts";
import { type ByteRange, utf8Sequences } from "./utf8-sequences.ts";

/** Prints expressions in the EBNF of xgrammar. */
export interface ExpressionPrinter {
  print(expression: Expression): string;
  /** Rules that the printed expressions refer to, as lines; complete once everything is printed. */
  readonly byteRules: readonly string[];
}

/**
 * xgrammar 0.1.27 reads a class as bytes as soon as it goes beyond ASCII, and accepts malformed UTF-8 with it. So
 * classes of some characters beyond ASCII are spelled out as byte sequences, in rules of their own.
 */
export function createExpressionPrinter(): ExpressionPrinter {
  const nameOfRanges = new Map<string, string>();
  const byteRules: string[] = [];

  const byteRule = (ranges: readonly CodePointRange[]): string => {
    const key = ranges.join(" ");
    const known = nameOfRanges.get(key);
    if (known !== undefined) return known;
    const name = `bytes_${nameOfRanges.size}`;
    nameOfRanges.set(key, name);
    const sequences = ranges.flatMap(utf8Sequences);
    byteRules.push(`${name} ::= ${sequences.map((bytes) => bytes.map(printByte).join(" ")).join(" | ")}`);
    return name;
  };

  const print = (expression: Expression): string => {
    switch (expression.kind) {
      case "text":
        return `"${[...expression.text].map(printCharacter).join("")}"`;
      case "class":
        return byteRule(expression.ranges);
      case "bytes":
        return printBytes(expression.ranges);
      case "sequence":
        return expression.parts.map((part) => (part.kind === "choice" ? `(${print(part)})` : print(part))).join(" ");
      case "choice":
        return expression.options.map(print).join(" | ");
      case "rule":
        return expression.name;
    }
  };
  return { print, byteRules };
}

function printBytes(ranges: readonly CodePointRange[]): string {
  return `[${ranges.map(([first, last]) => (first === last ? printCode(first) : `${printCode(first)}-${printCode(last)}`)).join("")}]`;
}

/** A class of one byte is written twice: of one entry it would become the character of that code point. */
function printByte([first, last]: ByteRange): string {
  return `[${printCode(first)}${first === last ? "" : "-"}${printCode(last)}]`;
}

function printCharacter(character: string): string {
  const code = character.codePointAt(0)!;
  return code >= 0x20 && code < 0x7f && character !== '"' && character !== "\\" ? character : printCode(code);
}

function printCode(code: number): string {
  return `\\U${code.toString(16).padStart(8, "0")}`;
}
