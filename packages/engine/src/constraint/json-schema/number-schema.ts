import type { JsonObject } from "../../text/json-object.ts";
import { choice, type Expression } from "../grammar/expression.ts";
import type { GrammarBuilder } from "../grammar/grammar-builder.ts";
import { jsonLiteral, jsonNumber } from "../grammar/json-text.ts";
import { decimalOf } from "./decimal.ts";
import { type DecimalBound, decimalRange } from "./decimal-range.ts";
import { integerRange } from "./integer-range.ts";
import { schemaError } from "./schema-error.ts";

/** Multiples that are written out one by one. */
const maxListed = 5_000;
const maxFraction = 15;

/** Numbers or integers between bounds, or the multiples of a number between them. */
export function numberSchema(
  builder: GrammarBuilder,
  schema: JsonObject,
  pointer: string,
  isInteger: boolean,
): Expression {
  const min = lowerBound(schema, pointer);
  const max = upperBound(schema, pointer);
  const step = numberKeyword(schema, "multipleOf", pointer);
  if (step !== null && !(step > 0)) throw schemaError(pointer, "multipleOf", `must be above 0, got ${step}.`);
  if (step !== null && !(isInteger && step === 1)) return multiples(schema, pointer, { step, min, max, isInteger });
  if (!isInteger && step === null && min === null && max === null) return jsonNumber(builder);
  const range = isInteger ? integersBetween(min, max) : decimalRange(min, max, maxFraction);
  if (range === null) throw schemaError(pointer, "minimum", "and the other bounds leave no number.");
  return range;
}

interface Multiples {
  readonly step: number;
  readonly min: DecimalBound | null;
  readonly max: DecimalBound | null;
  readonly isInteger: boolean;
}

function multiples(schema: JsonObject, pointer: string, { step, min, max, isInteger }: Multiples): Expression {
  const power = /^1(?:0*|e\+\d+)$/.test(String(step)) ? 0 : /^(?:0\.(0*)1|1e-(\d+))$/.exec(String(step));
  // Multiples of a power of ten below 1 are the decimals with so many digits behind the point.
  if (power !== 0 && power !== null) {
    const digits = power[2] === undefined ? power[1]!.length + 1 : Number(power[2]);
    const range = isInteger ? integersBetween(min, max) : decimalRange(min, max, Math.min(digits, maxFraction));
    if (range !== null) return range;
  }
  if (step === 1) {
    const range = integersBetween(min, max);
    if (range !== null) return range;
  }
  const listed = listMultiples(step, schema, isInteger);
  if (listed === null) {
    throw schemaError(
      pointer,
      "multipleOf",
      `${step} can be enforced only between bounds with at most ${maxListed} multiples; add minimum and maximum.`,
    );
  }
  if (listed.length === 0) throw schemaError(pointer, "multipleOf", "and the bounds leave no number.");
  return choice(...listed.map(jsonLiteral));
}

/** The multiples between the bounds, `null` when there are too many. */
function listMultiples(step: number, schema: JsonObject, isInteger: boolean): number[] | null {
  const low = Math.max(numberOr(schema.minimum, -Infinity), numberOr(schema.exclusiveMinimum, -Infinity));
  const high = Math.min(numberOr(schema.maximum, Infinity), numberOr(schema.exclusiveMaximum, Infinity));
  if (!((high - low) / step <= maxListed)) return null;
  const decimals = decimalOf(step)?.fraction.length ?? 0;
  const values: number[] = [];
  for (let count = Math.ceil(low / step - 1e-9); count * step <= high + step * 1e-9; count++) {
    const value = Number((count * step).toFixed(decimals)) + 0;
    const fits =
      value >= low && value <= high && value !== schema.exclusiveMinimum && value !== schema.exclusiveMaximum;
    if (fits && (!isInteger || Number.isInteger(value))) values.push(value);
  }
  return values;
}

function numberOr(value: unknown, fallback: number): number {
  return typeof value === "number" ? value : fallback;
}

/** Whole numbers between two bounds that may have fractions. */
function integersBetween(min: DecimalBound | null, max: DecimalBound | null): Expression | null {
  return integerRange(min === null ? null : firstInteger(min), max === null ? null : -firstInteger(negated(max)));
}

/** The smallest integer at or (when exclusive) above a lower bound. */
function firstInteger({ value, exclusive }: DecimalBound): bigint {
  const truncated = value.negative ? -value.whole : value.whole;
  if (value.fraction !== "") return value.negative ? truncated : truncated + 1n;
  return exclusive ? truncated + 1n : truncated;
}

function negated({ value, exclusive }: DecimalBound): DecimalBound {
  return { value: { ...value, negative: !value.negative }, exclusive };
}

function lowerBound(schema: JsonObject, pointer: string): DecimalBound | null {
  const minimum = numberKeyword(schema, "minimum", pointer);
  const exclusive = numberKeyword(schema, "exclusiveMinimum", pointer);
  if (exclusive !== null && (minimum === null || exclusive >= minimum)) {
    return bound(exclusive, true, "exclusiveMinimum", pointer);
  }
  return minimum === null ? null : bound(minimum, false, "minimum", pointer);
}

function upperBound(schema: JsonObject, pointer: string): DecimalBound | null {
  const maximum = numberKeyword(schema, "maximum", pointer);
  const exclusive = numberKeyword(schema, "exclusiveMaximum", pointer);
  if (exclusive !== null && (maximum === null || exclusive <= maximum)) {
    return bound(exclusive, true, "exclusiveMaximum", pointer);
  }
  return maximum === null ? null : bound(maximum, false, "maximum", pointer);
}

function bound(value: number, exclusive: boolean, keyword: string, pointer: string): DecimalBound {
  const decimal = decimalOf(value);
  if (decimal === null) throw schemaError(pointer, keyword, `${value} is too large or too small to be written out.`);
  return { value: decimal, exclusive };
}

function numberKeyword(schema: JsonObject, keyword: string, pointer: string): number | null {
  const value = schema[keyword];
  if (value === undefined) return null;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw schemaError(pointer, keyword, `must be a number, got ${JSON.stringify(value)}.`);
}
