import type { Tokenizer } from "./tokenizer.ts";

/** Turns ids into text one by one. */
export interface Detokenizer {
  /** Takes the next id; returns the text that is settled by it, often "" (half a character, a special token). */
  push(id: number): string;
  /** Ends the text; returns what was held back (malformed bytes at the end become U+FFFD). */
  flush(): string;
}

/**
 * A detokenizer for one generated text. All that `push` and `flush` return, joined, equals
 * `tokenizer.decode(ids, { skipSpecialTokens })`. Work per id is constant; text is held back only while later ids could
 * still change it (an incomplete UTF-8 sequence; a run of byte-fallback tokens).
 */
export function createDetokenizer(
  tokenizer: Tokenizer,
  { skipSpecialTokens = true }: { readonly skipSpecialTokens?: boolean } = {},
): Detokenizer {
  const decoder = tokenizer.openDecoder();
  return {
    push(id) {
      const token = tokenizer.idToToken(id);
      if (token === undefined || (skipSpecialTokens && tokenizer.specialTokenIds.has(id))) return "";
      return decoder.push(token).join("");
    },
    flush: () => decoder.flush().join(""),
  };
}
