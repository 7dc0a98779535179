import type { JsonObject } from "../../text/json-object.ts";
import { choice, type Expression, nothing, sequence, text } from "../grammar/expression.ts";
import type { SchemaContext } from "./compile-value.ts";
import { countKeyword, listKeyword } from "./keywords.ts";
import { schemaError } from "./schema-error.ts";

/** Each counted item makes a rule. */
const maxCounted = 1_000;

/** Arrays by length and items; all of `prefixItems` are always there. */
export function arraySchema(context: SchemaContext, schema: JsonObject, pointer: string): Expression {
  const { builder } = context;
  const [min, max] = arrayLength(schema, pointer);
  const prefix = schema.prefixItems === undefined ? [] : listKeyword(schema, "prefixItems", pointer);
  const first = prefix
    .slice(0, max ?? prefix.length)
    .map((item, index) => context.compile(item, `${pointer}/prefixItems/${index}`));

  const isClosed = schema.items === false || (schema.items === undefined && prefix.length > 0 && min <= prefix.length);
  if (isClosed && min > first.length) throw schemaError(pointer, "minItems", `${min} is more than there are items.`);
  if (isClosed || max === first.length) return sequence(text("["), commaSeparated(first), text("]"));

  const item = builder.rule("item", () => context.compile(schema.items ?? true, `${pointer}/items`));
  const more = sequence(text(","), item);
  const least = Math.max(0, min - first.length);
  const most = max === null ? null : max - first.length;
  if (first.length > 0) {
    return sequence(text("["), commaSeparated(first), builder.repeat("more", more, least, most), text("]"));
  }
  const list = sequence(item, builder.repeat("more", more, Math.max(0, least - 1), most === null ? null : most - 1));
  return sequence(text("["), least === 0 ? choice(nothing, list) : list, text("]"));
}

function arrayLength(schema: JsonObject, pointer: string): readonly [number, number | null] {
  const { uniqueItems } = schema;
  if (uniqueItems !== undefined && uniqueItems !== false) {
    throw schemaError(pointer, "uniqueItems", "cannot be enforced while decoding.");
  }
  const min = countKeyword(schema, "minItems", pointer) ?? 0;
  const max = countKeyword(schema, "maxItems", pointer);
  if (max !== null && max < min) throw schemaError(pointer, "maxItems", `${max} is below minItems ${min}.`);
  for (const [keyword, value] of [["minItems", min] as const, ["maxItems", max ?? 0] as const]) {
    if (value > maxCounted) throw schemaError(pointer, keyword, `above ${maxCounted} cannot be enforced.`);
  }
  return [min, max];
}

function commaSeparated(items: readonly Expression[]): Expression {
  return sequence(...items.flatMap((item, index) => (index === 0 ? [item] : [text(","), item])));
}
