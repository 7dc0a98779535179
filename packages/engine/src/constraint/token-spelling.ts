import type { Tokenizer } from "../text/tokenizer.ts";

/** Spellings that are remembered; grammars force the same few texts again and again. */
const maxRemembered = 512;

/** Turns forced text into tokens. */
export interface TokenSpelling {
  /** Tokens whose bytes are exactly these, the tokenizer's own choice where possible; `null` when there are none. */
  spell(bytes: Uint8Array): readonly number[] | null;
}

/**
 * Spells text as the tokenizer would. Where its tokens do not give the same bytes (a normaliser, a leading space), the
 * longest fitting tokens are taken from left to right.
 *
 * @param tokens bytes of every token that may be used
 */
export function createTokenSpelling(tokenizer: Tokenizer, tokens: readonly (Uint8Array | null)[]): TokenSpelling {
  const remembered = new Map<string, readonly number[] | null>();
  let idOfBytes: Map<string, number> | undefined;
  let longest = 0;

  const spells = (ids: readonly number[], key: string): boolean =>
    ids.every((id) => tokens[id] != null) && ids.map((id) => latin1(tokens[id]!)).join("") === key;

  const byTokenizer = (bytes: Uint8Array, key: string): readonly number[] | null => {
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return null;
    }
    const encode = (value: string): number[] => tokenizer.encode(value, { addSpecialTokens: false });
    const ids = encode(text);
    if (spells(ids, key)) return ids;
    // SentencePiece puts a space before what begins a text, so it is encoded behind a newline.
    const newline = encode("\n");
    const behind = encode(`\n${text}`);
    const rest = behind.slice(newline.length);
    return newline.every((id, index) => behind[index] === id) && spells(rest, key) ? rest : null;
  };

  const byLength = (key: string): readonly number[] | null => {
    if (idOfBytes === undefined) {
      idOfBytes = new Map();
      for (const [id, bytes] of tokens.entries()) {
        if (bytes === null || bytes.length > 64) continue;
        longest = Math.max(longest, bytes.length);
        if (!idOfBytes.has(latin1(bytes))) idOfBytes.set(latin1(bytes), id);
      }
    }
    const ids: number[] = [];
    for (let at = 0; at < key.length; ) {
      let length = Math.min(longest, key.length - at);
      while (length > 0 && !idOfBytes.has(key.slice(at, at + length))) length--;
      if (length === 0) return null;
      ids.push(idOfBytes.get(key.slice(at, at + length))!);
      at += length;
    }
    return ids;
  };

  return {
    spell(bytes) {
      const key = latin1(bytes);
      const known = remembered.get(key);
      if (known !== undefined) return known;
      const ids = byTokenizer(bytes, key) ?? byLength(key);
      if (remembered.size >= maxRemembered) remembered.clear();
      remembered.set(key, ids);
      return ids;
    },
  };
}

/** Bytes as a string of as many characters, to be compared and looked up. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
