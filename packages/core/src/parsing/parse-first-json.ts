/** Deeper nesting than this is no answer of a model. */
const maxDepth = 200;
const whiteSpace = /[ \t\n\r]*/y;
const numberToken = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
/** Every character but the quote, the backslash and the control characters. */
const plainCharacters = /[ !#-[\]-\uffff]*/y;
const escapeToken = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const literals: readonly (readonly [string, unknown])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
  // Not JSON, but what the recorded parser reads where nobody looks at the value.
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
];

class JsonSyntaxError extends Error {}

/**
 * Decodes one JSON value (RFC 8259, and the `NaN` and `Infinity` of Python) from the first `{` or `[` of the text on
 * and ignores what follows it. Of a key that occurs twice the last value counts.
 *
 * @returns the value in a box, or `null` when there is no bracket or no valid value behind the first one
 */
export function parseFirstJson(text: string): { readonly value: unknown } | null {
  const start = text.search(/[{[]/);
  if (start < 0) return null;
  try {
    return { value: new JsonReader(text, start).readValue(0) };
  } catch (thrown) {
    if (thrown instanceof JsonSyntaxError) return null;
    throw thrown;
  }
}

class JsonReader {
  readonly #text: string;
  #at: number;

  constructor(text: string, start: number) {
    this.#text = text;
    this.#at = start;
  }

  readValue(depth: number): unknown {
    if (depth > maxDepth) throw new JsonSyntaxError();
    this.#match(whiteSpace);
    if (this.#take("{")) return this.#readObject(depth);
    if (this.#take("[")) return this.#readArray(depth);
    if (this.#text[this.#at] === '"') return this.#readString();
    for (const [literal, value] of literals) if (this.#take(literal)) return value;
    const digits = this.#match(numberToken);
    if (digits === "") throw new JsonSyntaxError();
    return Number(digits);
  }

  #readObject(depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#match(whiteSpace);
    if (this.#take("}")) return object;
    do {
      this.#match(whiteSpace);
      const key = this.#readString();
      this.#match(whiteSpace);
      this.#expect(":");
      // defineProperty: a key named __proto__ is a key like any other.
      const value = this.readValue(depth + 1);
      Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
      this.#match(whiteSpace);
    } while (this.#take(","));
    this.#expect("}");
    return object;
  }

  #readArray(depth: number): unknown[] {
    const array: unknown[] = [];
    this.#match(whiteSpace);
    if (this.#take("]")) return array;
    do {
      array.push(this.readValue(depth + 1));
      this.#match(whiteSpace);
    } while (this.#take(","));
    this.#expect("]");
    return array;
  }

  /** In a loop and not by one expression, whose depth would grow with the number of escapes. */
  #readString(): string {
    const start = this.#at;
    this.#expect('"');
    do this.#match(plainCharacters);
    while (this.#match(escapeToken) !== "");
    this.#expect('"');
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #take(literal: string): boolean {
    if (!this.#text.startsWith(literal, this.#at)) return false;
    this.#at += literal.length;
    return true;
  }

  #expect(literal: string): void {
    if (!this.#take(literal)) throw new JsonSyntaxError();
  }
}
