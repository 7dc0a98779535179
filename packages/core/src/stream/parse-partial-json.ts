/** Deeper nesting than this is no answer of a model. */
const maxDepth = 200;
const whiteSpace = /[ \t\n\r]*/y;
const numberToken = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const unfinishedScalar = /[-+.0-9a-zA-Z]*/y;
/** Every character but the quote, the backslash and the control characters. */
const plainCharacters = /[ !#-[\]-\uffff]*/y;
const escapeToken = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const unfinishedEscape = /\\(?:u[0-9a-fA-F]{0,3})?$/;
const literals: readonly (readonly [string, unknown])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

class JsonSyntaxError extends Error {}

/**
 * Reads the beginning of a JSON object or array as far as it goes: open texts end where the input ends, open objects
 * and arrays hold what is known of them. A number or literal counts once something follows it, a key once its value has
 * begun. What follows the value is ignored.
 *
 * @returns the value in a box, or `null` when the text does not begin like an object or array
 */
export function parsePartialJson(text: string): { readonly value: object } | null {
  const start = text.search(/[^ \t\n\r]/);
  if (start < 0 || (text[start] !== "{" && text[start] !== "[")) return null;
  try {
    const read = new PartialJsonReader(text, start).readValue(0);
    return read === null ? null : { value: read.value as object };
  } catch (thrown) {
    if (thrown instanceof JsonSyntaxError) return null;
    throw thrown;
  }
}

/** A value, or `null` when nothing of it can be told yet. */
type Read = { readonly value: unknown } | null;

class PartialJsonReader {
  readonly #text: string;
  #at: number;

  constructor(text: string, start: number) {
    this.#text = text;
    this.#at = start;
  }

  readValue(depth: number): Read {
    if (depth > maxDepth) throw new JsonSyntaxError();
    this.#match(whiteSpace);
    if (this.#isAtEnd) return null;
    if (this.#take("{")) return { value: this.#readObject(depth) };
    if (this.#take("[")) return { value: this.#readArray(depth) };
    if (this.#take('"')) return { value: this.#readString() };
    return this.#readScalar();
  }

  #readObject(depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#match(whiteSpace);
    if (this.#isAtEnd || this.#take("}")) return object;
    do {
      this.#match(whiteSpace);
      if (this.#isAtEnd) return object;
      this.#expect('"');
      const key = this.#readString();
      this.#match(whiteSpace);
      if (this.#isAtEnd) return object;
      this.#expect(":");
      const read = this.readValue(depth + 1);
      if (read === null) return object;
      // defineProperty: a key named __proto__ is a key like any other.
      Object.defineProperty(object, key, { value: read.value, enumerable: true, configurable: true, writable: true });
      this.#match(whiteSpace);
    } while (this.#take(","));
    if (!this.#isAtEnd) this.#expect("}");
    return object;
  }

  #readArray(depth: number): unknown[] {
    const array: unknown[] = [];
    this.#match(whiteSpace);
    if (this.#isAtEnd || this.#take("]")) return array;
    do {
      const read = this.readValue(depth + 1);
      if (read === null) return array;
      array.push(read.value);
      this.#match(whiteSpace);
    } while (this.#take(","));
    if (!this.#isAtEnd) this.#expect("]");
    return array;
  }

  /** Behind the opening quote. */
  #readString(): string {
    const start = this.#at;
    do this.#match(plainCharacters);
    while (this.#match(escapeToken) !== "");
    const body = this.#text.slice(start, this.#at);
    const string = JSON.parse(`"${body}"`) as string;
    if (this.#take('"')) return string;
    if (!this.#isAtEnd && !unfinishedEscape.test(this.#text.slice(this.#at))) throw new JsonSyntaxError();
    this.#at = this.#text.length;
    // The second half of a surrogate pair may still be on its way.
    return /[\ud800-\udbff]$/.test(string) ? string.slice(0, -1) : string;
  }

  #readScalar(): Read {
    const start = this.#at;
    const whole = this.#match(unfinishedScalar);
    if (this.#isAtEnd) return null;
    for (const [literal, value] of literals) if (whole === literal) return { value };
    this.#at = start;
    if (whole === "" || this.#match(numberToken) !== whole) throw new JsonSyntaxError();
    return { value: Number(whole) };
  }

  get #isAtEnd(): boolean {
    return this.#at >= this.#text.length;
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
