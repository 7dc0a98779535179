import type { Tokenizer } from "../text/tokenizer.ts";

/** Spellings that are remembered; grammars force the same few texts again and again. */
const maxRemembered = 512;
const maxWordLength = 64;

/** Turns forced text into tokens. */
export interface TokenSpelling {
  /** Tokens whose bytes are exactly these, the tokenizer's own choice where possible; `null` when there are none. */
  spell(bytes: Uint8Array): readonly number[] | null;
  /** Tokens that begin with what these spell, and go on. */
  longerThan(ids: readonly number[]): readonly number[];
}

/**
 * Spells text as the tokenizer would. Where its tokens do not give the same bytes (a normaliser, a leading space), the
 * longest fitting tokens are taken from left to right.
 *
 * @param tokens bytes of every token that may be used
 */
export function createTokenSpelling(tokenizer: Tokenizer, tokens: readonly (Uint8Array | null)[]): TokenSpelling {
  const spellings = new Map<string, readonly number[] | null>();
  const longer = new Map<string, readonly number[]>();
  const words = new LongestWords(tokens);
  const textOf = (ids: readonly number[]): string => ids.map((id) => latin1(tokens[id] ?? new Uint8Array())).join("");
  const spells = (ids: readonly number[], key: string): boolean =>
    ids.every((id) => tokens[id] != null) && textOf(ids) === key;

  const byTokenizer = (bytes: Uint8Array, key: string): readonly number[] | null => {
    const text = decodeUtf8(bytes);
    if (text === null) return null;
    const encode = (value: string): number[] => tokenizer.encode(value, { addSpecialTokens: false });
    const ids = encode(text);
    if (spells(ids, key)) return ids;
    // SentencePiece puts a space before what begins a text, so it is encoded behind a newline.
    const newline = encode("\n");
    const behind = encode(`\n${text}`);
    const rest = behind.slice(newline.length);
    return newline.every((id, index) => behind[index] === id) && spells(rest, key) ? rest : null;
  };

  return {
    spell(bytes) {
      const key = latin1(bytes);
      return remember(spellings, key, () => byTokenizer(bytes, key) ?? words.split(key));
    },
    longerThan(ids) {
      const key = textOf(ids);
      return remember(longer, key, () =>
        [...tokens.keys()].filter((id) => {
          const bytes = tokens[id]!;
          return bytes !== null && bytes.length > key.length && latin1(bytes.subarray(0, key.length)) === key;
        }),
      );
    },
  };
}

function remember<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const value = known.get(key);
  if (value !== undefined) return value;
  const made = make();
  if (known.size >= maxRemembered) known.clear();
  known.set(key, made);
  return made;
}

/** Splits bytes into the longest tokens from left to right. */
class LongestWords {
  readonly #tokens: readonly (Uint8Array | null)[];
  #ids: Map<string, number> | undefined;
  #longest = 0;

  constructor(tokens: readonly (Uint8Array | null)[]) {
    this.#tokens = tokens;
  }

  split(key: string): readonly number[] | null {
    const words = this.#index();
    const ids: number[] = [];
    for (let at = 0; at < key.length; ) {
      let length = Math.min(this.#longest, key.length - at);
      while (length > 0 && !words.has(key.slice(at, at + length))) length--;
      if (length === 0) return null;
      ids.push(words.get(key.slice(at, at + length))!);
      at += length;
    }
    return ids;
  }

  #index(): Map<string, number> {
    if (this.#ids !== undefined) return this.#ids;
    const ids = new Map<string, number>();
    for (const [id, bytes] of this.#tokens.entries()) {
      if (bytes === null || bytes.length > maxWordLength) continue;
      this.#longest = Math.max(this.#longest, bytes.length);
      const word = latin1(bytes);
      if (!ids.has(word)) ids.set(word, id);
    }
    this.#ids = ids;
    return ids;
  }
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Bytes as a string of as many characters, to be compared and looked up. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
