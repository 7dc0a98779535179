import { GrammarError } from "@ocellus/core";

/** A keyword, or a value of it, that decoding cannot be constrained to. */
export function schemaError(pointer: string, keyword: string, reason: string): GrammarError {
  return new GrammarError(`The schema cannot be used for decoding: ${pointer}/${escapePointer(keyword)} ${reason}`);
}

/** A key as a step of a JSON pointer (RFC 6901). */
export function escapePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
