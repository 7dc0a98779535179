import type { JsonObject } from "../../text/json-object.ts";
import { choice, type Expression, followedBy, nothing, oneByte, sequence, text } from "../grammar/expression.ts";
import type { GrammarBuilder } from "../grammar/grammar-builder.ts";
import { jsonEscape, jsonString } from "../grammar/json-text.ts";
import { formatNames, formatPattern, isPatternOfFormat } from "./formats.ts";
import { countKeyword } from "./keywords.ts";
import { PatternError, patternGrammar } from "./pattern.ts";
import { schemaError } from "./schema-error.ts";

/** Each character that is counted makes a state of the grammar, over the whole vocabulary. */
const maxCounted = 2_000;

/** Strings by length, pattern or format. */
export function stringSchema(builder: GrammarBuilder, schema: JsonObject, pointer: string): Expression {
  const min = countKeyword(schema, "minLength", pointer) ?? 0;
  const max = countKeyword(schema, "maxLength", pointer);
  const body = patternBody(builder, schema, pointer);
  if (body !== null) {
    const counted = ["minLength", "maxLength"].find(
      (keyword) => schema[keyword] !== undefined && schema[keyword] !== 0,
    );
    if (counted !== undefined) {
      throw schemaError(
        pointer,
        counted,
        "cannot be enforced beside a pattern or format; put the length into the pattern.",
      );
    }
    return sequence(text('"'), body, text('"'));
  }
  if (max === null && min <= 1) return jsonString(builder, min as 0 | 1);
  if (max !== null && max < min) throw schemaError(pointer, "maxLength", `${max} is below minLength ${min}.`);
  const keyword = max !== null && max > maxCounted ? "maxLength" : min > maxCounted ? "minLength" : null;
  if (keyword !== null) {
    throw schemaError(
      pointer,
      keyword,
      `above ${maxCounted} cannot be enforced while decoding; lower it or leave it out.`,
    );
  }
  return builder.shared(`string${min}to${max ?? ""}`, () => {
    return sequence(text('"'), countedCharacters(builder, min, max), text('"'));
  });
}

/**
 * So many characters. They are counted by their first bytes, and continuation bytes may follow anywhere; escapes count
 * as the one character they stand for. `<` is always escaped, so that no tag can arise.
 */
function countedCharacters(builder: GrammarBuilder, min: number, max: number | null): Expression {
  const first = choice(
    oneByte([
      [0x20, 0x21],
      [0x23, 0x3b],
      [0x3d, 0x5b],
      [0x5d, 0x7f],
      [0xc2, 0xf4],
    ]),
    jsonEscape(builder),
  );
  const state = (count: number, next: Expression | null): Expression =>
    builder.rule("counted", (self) => {
      const ways = [followedBy(oneByte([[0x80, 0xbf]]), self)];
      if (count >= min) ways.push(nothing);
      const target = next ?? (max === null ? self : null);
      if (target !== null) ways.push(followedBy(first, target));
      return choice(...ways);
    });
  let rule = state(max ?? min, null);
  for (let count = (max ?? min) - 1; count >= 0; count--) rule = state(count, rule);
  return rule;
}

function patternBody(builder: GrammarBuilder, schema: JsonObject, pointer: string): Expression | null {
  const { pattern, format } = schema;
  if (pattern !== undefined && typeof pattern !== "string") throw schemaError(pointer, "pattern", "must be a string.");
  if (format !== undefined && typeof format !== "string") throw schemaError(pointer, "format", "must be a string.");
  const ofFormat = format === undefined ? null : formatPattern(format);
  if (pattern !== undefined) {
    // Generators such as zod write a format's own pattern beside it, with look-arounds that have no grammar.
    const isRedundant = ofFormat !== null && isPatternOfFormat(pattern, format!);
    if (!isRedundant) return compilePattern(builder, pattern, pointer);
  }
  if (format === undefined) return null;
  if (ofFormat === null) {
    throw schemaError(pointer, "format", `${JSON.stringify(format)} is not known. Known: ${formatNames.join(", ")}.`);
  }
  return patternGrammar(builder, ofFormat);
}

function compilePattern(builder: GrammarBuilder, pattern: string, pointer: string): Expression {
  try {
    new RegExp(pattern);
    return patternGrammar(builder, pattern);
  } catch (cause) {
    const reason =
      cause instanceof PatternError ? `has ${cause.message}, which has no grammar` : "is no regular expression";
    throw schemaError(pointer, "pattern", `${JSON.stringify(pattern)} ${reason}.`);
  }
}
