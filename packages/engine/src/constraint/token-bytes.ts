import { byteOfCharacter } from "../text/byte-alphabet.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { allTags } from "./grammar/tags.ts";
import { afterBytes, utf8States } from "./utf8-state.ts";

/**
 * The bytes that every token puts into the text, as the detokenizer does it. `null` for what a constrained answer never
 * contains: special tokens, added control tokens such as `<|fim_prefix|>` (but not the tags of `cot`), ids without a
 * token, and bytes that are no part of UTF-8.
 *
 * @param vocabSize length of the logits
 */
export function tokenBytes(tokenizer: Tokenizer, vocabSize: number): (Uint8Array | null)[] {
  const bytesOf = openSpelling(tokenizer);
  const forbidden = new Set(tokenizer.specialTokenIds);
  for (const { id, content } of tokenizer.addedTokens) {
    if (/^<.*>$/s.test(content) && !allTags.includes(content)) forbidden.add(id);
  }
  return Array.from({ length: vocabSize }, (_, id) => {
    const token = tokenizer.idToToken(id);
    if (token === undefined || forbidden.has(id)) return null;
    const bytes = bytesOf(token);
    return bytes.length > 0 && fitsSomewhere(bytes) ? bytes : null;
  });
}

function fitsSomewhere(bytes: Uint8Array): boolean {
  for (let state = 0; state < utf8States; state++) if (afterBytes(state, bytes) >= 0) return true;
  return false;
}

type Spelling = (token: string) => Uint8Array;

/** Finds out which kind of vocabulary it is by what the tokenizer makes of one token. */
function openSpelling(tokenizer: Tokenizer): Spelling {
  if (decodesTo(tokenizer, "\u0120", " ") || decodesTo(tokenizer, "\u010a", "\n")) return byteLevelSpelling;
  const hasByteTokens = decodesTo(tokenizer, "<0x41>", "A");
  const encoder = new TextEncoder();
  return (token) => {
    const byte = hasByteTokens ? /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1] : undefined;
    if (byte !== undefined) return Uint8Array.of(Number.parseInt(byte, 16));
    // Behind another token: decoders treat the first one of a text differently.
    const decoder = tokenizer.openDecoder();
    const before = decoder.push("a").join("").length;
    const text = [...decoder.push(token), ...decoder.flush()].join("");
    return encoder.encode(before === 0 ? text.slice(1) : text);
  };
}

function decodesTo(tokenizer: Tokenizer, token: string, text: string): boolean {
  const id = tokenizer.tokenToId(token);
  return id !== undefined && tokenizer.decode([id]) === text;
}

/** A token with any character outside the byte alphabet stands for itself, as in the detokenizer. */
function byteLevelSpelling(token: string): Uint8Array {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = byteOfCharacter.get(token[i]!);
    if (byte === undefined) return new TextEncoder().encode(token);
    bytes[i] = byte;
  }
  return bytes;
}
