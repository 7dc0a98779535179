import { isJsonObject, type JsonObject } from "../../text/json-object.ts";
import { rangesOf, subtractRanges } from "../grammar/code-points.ts";
import { choice, type Expression, followedBy, nothing, oneOf, sequence, text } from "../grammar/expression.ts";
import type { GrammarBuilder } from "../grammar/grammar-builder.ts";
import { jsonLiteral, jsonObject, plainCharacters } from "../grammar/json-text.ts";
import type { SchemaContext } from "./compile-value.ts";
import { countKeyword, objectKeyword } from "./keywords.ts";
import { escapePointer, schemaError } from "./schema-error.ts";

/**
 * Objects: the declared properties in their order, of which those that are not required may be left out; then, when
 * `additionalProperties` (or nothing but it) allows them, members with other names. Without `additionalProperties` an
 * object has the declared properties only.
 */
export function objectSchema(context: SchemaContext, schema: JsonObject, pointer: string): Expression {
  const { builder } = context;
  const members = declaredMembers(context, schema, pointer);
  const extra = extraMembers(
    context,
    schema,
    pointer,
    members.map(({ name }) => name),
  );
  const [min, max] = memberCount(schema, members, extra !== null, pointer);
  if (members.length === 0 && extra === null) return anyOrNone(context, schema, min, pointer);
  const limits = members.length > 0 ? ([0, null] as const) : ([min, max] as const);
  const tail = extra === null ? null : extraTail(builder, extra, limits, pointer);
  return sequence(text("{"), memberList(builder, members, tail), text("}"));
}

/** Bounds of the number of members; beside declared properties only those that hold anyway. */
function memberCount(
  schema: JsonObject,
  members: readonly Member[],
  isOpen: boolean,
  pointer: string,
): readonly [number, number | null] {
  const min = countKeyword(schema, "minProperties", pointer) ?? 0;
  const max = countKeyword(schema, "maxProperties", pointer);
  if (members.length > 0) {
    const isMinMet = min <= members.filter(({ isRequired }) => isRequired).length;
    const isMaxMet = max === null || (max >= members.length && !isOpen);
    if (!isMinMet || !isMaxMet) {
      throw schemaError(pointer, isMinMet ? "maxProperties" : "minProperties", "cannot be enforced beside properties.");
    }
  }
  return [min, max];
}

interface Member {
  readonly name: string;
  readonly isRequired: boolean;
  /** `"name":value` */
  readonly pair: Expression;
}

function declaredMembers(context: SchemaContext, schema: JsonObject, pointer: string): Member[] {
  const properties = objectKeyword(schema, "properties", pointer);
  const required = schema.required ?? [];
  if (!Array.isArray(required) || !required.every((name) => typeof name === "string")) {
    throw schemaError(pointer, "required", "must be a list of names.");
  }
  const members = Object.entries(properties).map(([name, value]) => ({
    name,
    isRequired: required.includes(name),
    pair: pairOf(context, name, value, `${pointer}/properties/${escapePointer(name)}`),
  }));
  for (const name of new Set<string>(required)) {
    if (Object.hasOwn(properties, name)) continue;
    if (schema.additionalProperties === false) {
      throw schemaError(pointer, "required", `names ${JSON.stringify(name)}, which additionalProperties forbids.`);
    }
    const value = schema.additionalProperties ?? true;
    members.push({ name, isRequired: true, pair: pairOf(context, name, value, `${pointer}/additionalProperties`) });
  }
  return members;
}

function pairOf(context: SchemaContext, name: string, schema: unknown, pointer: string): Expression {
  return context.builder.rule("member", () => sequence(jsonLiteral(name), text(":"), context.compile(schema, pointer)));
}

/** `"name":value` of members beside the declared ones; `null` when there must be none. */
function extraMembers(
  context: SchemaContext,
  schema: JsonObject,
  pointer: string,
  names: readonly string[],
): Expression | null {
  const { additionalProperties = null, propertyNames } = schema;
  if (propertyNames !== undefined && !isJsonObject(propertyNames)) {
    throw schemaError(pointer, "propertyNames", "must be a schema.");
  }
  const isClosed = additionalProperties === false || (additionalProperties === null && propertyNames === undefined);
  if (isClosed) return null;
  const { builder } = context;
  const isPlain = propertyNames === undefined || Object.keys(propertyNames).every((key) => key === "type");
  if (!isPlain && names.length > 0)
    throw schemaError(pointer, "propertyNames", "cannot be enforced beside properties.");
  const key = isPlain
    ? keyWithout(builder, names)
    : context.compile({ ...propertyNames, type: "string" }, `${pointer}/propertyNames`);
  const value = context.compile(additionalProperties ?? true, `${pointer}/additionalProperties`);
  return builder.rule("extra", () => sequence(key, text(":"), value));
}

/** A name that is not one of `names`: it leaves their trie at some place, or ends inside of it. No escapes. */
function keyWithout(builder: GrammarBuilder, names: readonly string[]): Expression {
  const characters = subtractRanges(plainCharacters, rangesOf("<"));
  const free = builder.shared("keyCharacters", () => builder.repeat("key", oneOf(characters), 0, null));
  const walk = (prefix: string): Expression => {
    const inside = names.filter((name) => name.startsWith(prefix) && name !== prefix);
    const next = new Set(inside.map((name) => [...name.slice(prefix.length)][0]!));
    const options = [followedBy(oneOf(subtractRanges(characters, rangesOf(next))), free)];
    for (const character of next) {
      if (/["\\<]/.test(character) || character < " ") continue;
      options.push(sequence(text(character), walk(prefix + character)));
    }
    if (prefix !== "" && !names.includes(prefix)) options.push(nothing);
    return builder.rule("key", () => choice(...options));
  };
  return sequence(text('"'), walk(""), text('"'));
}

/** An object without properties: any one, unless it is closed. */
function anyOrNone(context: SchemaContext, schema: JsonObject, min: number, pointer: string): Expression {
  const isOpen = schema.additionalProperties !== false && schema.properties === undefined;
  if (min > 0) throw schemaError(pointer, "minProperties", "needs additionalProperties.");
  return isOpen ? jsonObject(context.builder) : text("{}");
}

/** Further members, each behind a comma, and the same without the first comma. */
interface Tail {
  readonly behindComma: Expression;
  readonly atStart: Expression;
}

function extraTail(
  builder: GrammarBuilder,
  extra: Expression,
  [min, max]: readonly [number, number | null],
  pointer: string,
): Tail {
  if (min > 1000 || (max ?? 0) > 1000) throw schemaError(pointer, "maxProperties", "above 1000 cannot be enforced.");
  if (max !== null && max < min) throw schemaError(pointer, "maxProperties", `${max} is below minProperties ${min}.`);
  const more = sequence(text(","), extra);
  const atLeastOne = sequence(extra, builder.repeat("more", more, Math.max(0, min - 1), max === null ? null : max - 1));
  return {
    behindComma: builder.repeat("more", more, min, max),
    atStart: max === 0 ? nothing : min === 0 ? choice(nothing, atLeastOne) : atLeastOne,
  };
}

/** Members in order, with commas between those that are there. */
function memberList(builder: GrammarBuilder, members: readonly Member[], tail: Tail | null): Expression {
  let behindComma = tail?.behindComma ?? nothing;
  let atStart = tail?.atStart ?? nothing;
  for (const { pair, isRequired } of [...members].reverse()) {
    const rest = behindComma;
    const without = atStart;
    const here = sequence(text(","), pair, rest);
    behindComma = builder.rule("members", () => (isRequired ? here : choice(here, rest)));
    atStart = builder.rule("members", () =>
      isRequired ? sequence(pair, rest) : choice(sequence(pair, rest), without),
    );
  }
  return atStart;
}
