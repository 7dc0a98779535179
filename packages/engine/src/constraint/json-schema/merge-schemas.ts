import { isDeepStrictEqual } from "node:util";
import { isJsonObject, type JsonObject } from "../../text/json-object.ts";
import { annotations } from "./keywords.ts";
import { schemaError } from "./schema-error.ts";

type Merge = (a: unknown, b: unknown, pointer: string, keyword: string) => unknown;

const smaller: Merge = (a, b) => Math.min(Number(a), Number(b));
const larger: Merge = (a, b) => Math.max(Number(a), Number(b));

const merges: Readonly<Record<string, Merge>> = {
  minimum: larger,
  exclusiveMinimum: larger,
  minLength: larger,
  minItems: larger,
  minProperties: larger,
  maximum: smaller,
  exclusiveMaximum: smaller,
  maxLength: smaller,
  maxItems: smaller,
  maxProperties: smaller,
  required: (a, b) => [...new Set([...(a as unknown[]), ...(b as unknown[])])],
  type: mergeTypes,
  enum: (a, b) => (a as unknown[]).filter((value) => (b as unknown[]).some((other) => isDeepStrictEqual(value, other))),
  items: (a, b, pointer) => mergeAny(a, b, `${pointer}/items`),
  additionalProperties: (a, b, pointer) => mergeAny(a, b, `${pointer}/additionalProperties`),
  properties: (a, b, pointer) => {
    const merged: Record<string, unknown> = { ...(a as JsonObject) };
    for (const [name, value] of Object.entries(b as JsonObject)) {
      merged[name] = name in merged ? mergeAny(merged[name], value, `${pointer}/properties/${name}`) : value;
    }
    return merged;
  },
  uniqueItems: (a, b) => a === true || b === true,
  allOf: (a, b) => [...(a as unknown[]), ...(b as unknown[])],
};

/** Alternatives and references of both sides are kept as further parts of `allOf`. */
const deferred = ["anyOf", "oneOf", "$ref"];

/**
 * One schema for the values that fit both.
 *
 * @throws GrammarError naming the keyword for which there is none
 */
export function mergeSchemas(a: JsonObject, b: JsonObject, pointer: string): JsonObject {
  checkClosedObjects(a, b, pointer);
  const merged: Record<string, unknown> = { ...a };
  const allOf: unknown[] = Array.isArray(a.allOf) ? [...a.allOf] : [];
  for (const [keyword, value] of Object.entries(b)) {
    if (keyword === "allOf" && Array.isArray(value)) allOf.push(...value);
    else if (!(keyword in a) || (annotations.has(keyword) && keyword !== "$defs")) merged[keyword] = value;
    else if (deferred.includes(keyword)) allOf.push({ [keyword]: value });
    else if (!isDeepStrictEqual(a[keyword], value)) merged[keyword] = mergeKeyword(keyword, a[keyword], value, pointer);
  }
  if (allOf.length > 0) merged.allOf = allOf;
  return merged;
}

function mergeKeyword(keyword: string, a: unknown, b: unknown, pointer: string): unknown {
  const merge = merges[keyword];
  if (merge !== undefined) return merge(a, b, pointer, keyword);
  throw schemaError(
    pointer,
    keyword,
    `has two values that cannot be joined: ${JSON.stringify(a)} and ${JSON.stringify(b)}.`,
  );
}

function mergeTypes(a: unknown, b: unknown, pointer: string): unknown {
  const [first, second] = [[a].flat(), [b].flat()];
  const both = first.flatMap((type) => {
    if (second.includes(type)) return [type];
    if (type === "integer" && second.includes("number")) return ["integer"];
    return type === "number" && second.includes("integer") ? ["integer"] : [];
  });
  if (both.length === 0) throw schemaError(pointer, "type", `cannot be ${JSON.stringify(a)} and ${JSON.stringify(b)}.`);
  return both;
}

function mergeAny(a: unknown, b: unknown, pointer: string): unknown {
  if (a === true) return b;
  if (b === true) return a;
  if (isJsonObject(a) && isJsonObject(b)) return mergeSchemas(a, b, pointer);
  return false;
}

/** A closed object forbids the properties that only the other one declares. */
function checkClosedObjects(a: JsonObject, b: JsonObject, pointer: string): void {
  for (const [closed, other] of [
    [a, b],
    [b, a],
  ] as const) {
    if (closed.additionalProperties !== false) continue;
    const known = isJsonObject(closed.properties) ? closed.properties : {};
    const names = [
      ...Object.keys(isJsonObject(other.properties) ? other.properties : {}),
      ...[other.required ?? []].flat(),
    ];
    const foreign = names.find((name) => !Object.hasOwn(known, String(name)));
    if (foreign === undefined) continue;
    throw schemaError(
      pointer,
      "additionalProperties",
      `forbids ${JSON.stringify(foreign)}, which another part of allOf has.`,
    );
  }
}
