import { isJsonObject, type JsonObject } from "../../text/json-object.ts";
import { schemaError } from "./schema-error.ts";

/** Keywords that say nothing about which values are valid (JSON Schema 2020-12, and what generators add). */
export const annotations: ReadonlySet<string> = new Set([
  ..."$schema $id $anchor $comment $defs $vocabulary definitions title description default examples example".split(" "),
  ..."deprecated readOnly writeOnly contentEncoding contentMediaType contentSchema discriminator".split(" "),
]);

const typeKeywords: Readonly<Record<string, readonly string[]>> = {
  object: "properties required additionalProperties propertyNames minProperties maxProperties".split(" "),
  array: "items prefixItems minItems maxItems uniqueItems".split(" "),
  string: "minLength maxLength pattern format".split(" "),
  number: "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf".split(" "),
};

const structural = "$ref allOf anyOf oneOf enum const type nullable".split(" ");
const known = new Set([...annotations, ...structural, ...Object.values(typeKeywords).flat()]);

/**
 * Checks that every keyword is one that the grammar takes into account.
 *
 * @throws GrammarError naming the first other one
 */
export function checkKeywords(schema: JsonObject, pointer: string): void {
  for (const keyword of Object.keys(schema)) {
    if (known.has(keyword) || keyword.startsWith("x-")) continue;
    throw schemaError(
      pointer,
      keyword,
      "is a keyword that constrained decoding does not support. Remove it and check the result yourself.",
    );
  }
}

/** The keywords of a schema that restrict values: all but annotations. */
export function constrainingKeywords(schema: JsonObject): string[] {
  return Object.keys(schema).filter((keyword) => !annotations.has(keyword) && !keyword.startsWith("x-"));
}

/** The types whose keywords a schema without `type` has; all types when it has none. */
export function impliedTypes(schema: JsonObject): string[] {
  const types = Object.keys(typeKeywords).filter((type) => typeKeywords[type]!.some((keyword) => keyword in schema));
  return types.length > 0 ? types : ["object", "array", "string", "number", "boolean", "null"];
}

/** The keywords that say something about values of `type`. */
export function keywordsOf(type: string): readonly string[] {
  return typeKeywords[type === "integer" ? "number" : type] ?? [];
}

/**
 * A keyword's whole number ≥ 0.
 *
 * @throws GrammarError for anything else
 */
export function countKeyword(schema: JsonObject, keyword: string, pointer: string): number | null {
  const value = schema[keyword];
  if (value === undefined) return null;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw schemaError(pointer, keyword, `must be a whole number, 0 or more, got ${JSON.stringify(value)}.`);
}

/**
 * A keyword's list.
 *
 * @throws GrammarError for anything else, or an empty list
 */
export function listKeyword(schema: JsonObject, keyword: string, pointer: string): readonly unknown[] {
  const value = schema[keyword];
  if (Array.isArray(value) && value.length > 0) return value;
  throw schemaError(pointer, keyword, `must be a list that is not empty, got ${JSON.stringify(value)}.`);
}

/**
 * A keyword's object.
 *
 * @throws GrammarError for anything else
 */
export function objectKeyword(schema: JsonObject, keyword: string, pointer: string): JsonObject {
  const value = schema[keyword] ?? {};
  if (isJsonObject(value)) return value;
  throw schemaError(pointer, keyword, `must be an object, got ${JSON.stringify(value)}.`);
}
