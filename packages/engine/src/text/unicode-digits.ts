import { isJsonObject } from "./json-object.ts";

/**
 * Rewrites `Digits` steps of a tokenizer.json's `pre_tokenizer` as the `Split` that they stand for. The Rust library
 * counts every numeric character of Unicode as a digit (`²`, `Ⅷ`, `٣`), the JavaScript one only 0–9.
 */
export function splitUnicodeDigits(preTokenizer: unknown): unknown {
  if (!isJsonObject(preTokenizer)) return preTokenizer;
  if (preTokenizer.type === "Digits") {
    const Regex = preTokenizer.individual_digits === true ? "\\p{N}" : "\\p{N}+";
    return { type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false };
  }
  if (!Array.isArray(preTokenizer.pretokenizers)) return preTokenizer;
  return { ...preTokenizer, pretokenizers: preTokenizer.pretokenizers.map(splitUnicodeDigits) };
}
