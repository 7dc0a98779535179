import { isJsonObject, type JsonObject } from "./json-object.ts";

/** The pattern of GPT-2's encoder, which a `ByteLevel` step with `use_regex` splits by. */
const gpt2Pattern = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/**
 * Rewrites steps of a tokenizer.json's `pre_tokenizer` in which the JavaScript library differs from the Rust one that
 * transformers uses, as `Split` steps, whose patterns it translates exactly:
 *
 * - `Digits`: every numeric character of Unicode is a digit (`²`, `Ⅷ`, `٣`), not only 0–9;
 * - `ByteLevel` with its own pattern: white space is Unicode's (U+0085 is, U+FEFF is not).
 */
export function matchReferencePreTokenizer(preTokenizer: unknown): unknown {
  if (!isJsonObject(preTokenizer)) return preTokenizer;
  if (Array.isArray(preTokenizer.pretokenizers)) {
    return { ...preTokenizer, pretokenizers: preTokenizer.pretokenizers.map(matchReferencePreTokenizer) };
  }
  if (preTokenizer.type === "Digits") return split(preTokenizer.individual_digits === true ? "\\p{N}" : "\\p{N}+");
  const splitsItself = preTokenizer.type === "ByteLevel" && preTokenizer.use_regex !== false;
  // With a prefix space the pattern must see the text after the space was added, so that step stays as it is.
  if (!splitsItself || preTokenizer.add_prefix_space === true) return preTokenizer;
  return { type: "Sequence", pretokenizers: [split(gpt2Pattern), { ...preTokenizer, use_regex: false }] };
}

function split(pattern: string): JsonObject {
  return { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false };
}
