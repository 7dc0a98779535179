import { isJsonObject, type JsonObject } from "./json-object.ts";

/** The named special tokens of tokenizer_config.json, as chat templates see them. */
export const specialTokenNames = [
  "bos_token",
  "eos_token",
  "unk_token",
  "sep_token",
  "pad_token",
  "cls_token",
  "mask_token",
] as const;

/** The key of a named special token. */
export type SpecialTokenName = (typeof specialTokenNames)[number];

/** Literals of the named special tokens; a token that the checkpoint does not name is absent. */
export type NamedSpecialTokens = { readonly [name in SpecialTokenName]?: string };

/** A token is written as a plain string or, in older files, as an object with `content`. */
function tokenLiteral(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return isJsonObject(value) && typeof value.content === "string" ? value.content : undefined;
}

/**
 * The named special tokens of a tokenizer_config.json.
 *
 * @param config The parsed file; `{}` when the checkpoint has none.
 */
export function namedSpecialTokens(config: JsonObject): NamedSpecialTokens {
  const named: { [name in SpecialTokenName]?: string } = {};
  for (const name of specialTokenNames) {
    const literal = tokenLiteral(config[name]);
    if (literal !== undefined) named[name] = literal;
  }
  return named;
}

/**
 * Every literal that tokenizer_config.json declares special beside tokenizer.json's own flags: the named tokens,
 * `additional_special_tokens` (list) and `extra_special_tokens` (list, or name to literal).
 */
export function declaredSpecialLiterals(config: JsonObject): string[] {
  const literals: string[] = Object.values(namedSpecialTokens(config));
  for (const key of ["additional_special_tokens", "extra_special_tokens"]) {
    const value = config[key];
    const entries = Array.isArray(value) ? value : isJsonObject(value) ? Object.values(value) : [];
    for (const entry of entries) {
      const literal = tokenLiteral(entry);
      if (literal !== undefined) literals.push(literal);
    }
  }
  return literals;
}
