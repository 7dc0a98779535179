import { describeValue } from "./describe-value.ts";
import { InvalidArgumentError } from "./errors/invalid-argument-error.ts";

/** Bounds of a numeric option, both inclusive unless `exclusiveMin`. */
export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
  readonly exclusiveMin?: boolean;
}

/** True when `value` is a finite number in the range. */
export function isInRange(value: unknown, range: NumberRange): value is number {
  if (typeof value !== "number" || !Number.isFinite(value)) return false;
  if (range.integer === true && !Number.isInteger(value)) return false;
  return value <= range.max && (range.exclusiveMin === true ? value > range.min : value >= range.min);
}

/** Returns `value` when it is in the range, else throws an `InvalidArgumentError` that names `path`, range and value. */
export function checkNumber(value: unknown, path: string, range: NumberRange): number {
  if (isInRange(value, range)) return value;
  const kind = range.integer === true ? "an integer" : "a number";
  const lower = range.exclusiveMin === true ? `above ${range.min}` : `from ${range.min}`;
  throw new InvalidArgumentError(`${path} must be ${kind} ${lower} to ${range.max}; got ${describeValue(value)}.`);
}
