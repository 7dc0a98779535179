import { describeValue, InvalidArgumentError } from "@ocellus/core";
import type { MethodField } from "../signatures/method-signature.ts";

/** Checks a value against the advertised range and choices. @throws InvalidArgumentError */
export function checkParam({ range, choices, type }: MethodField, value: unknown, path: string): void {
  if (choices.length > 0 && typeof value === "string" && !choices.includes(value)) {
    throw new InvalidArgumentError(`${path} must be one of ${choices.join(", ")}; got ${describeValue(value)}.`);
  }
  if (range === null || (type !== "INT" && type !== "FLOAT")) return;
  const number = Number(value);
  const isWithin = number >= range.min && (range.max <= range.min || number <= range.max);
  if (!isWithin)
    throw new InvalidArgumentError(`${path} must be from ${range.min} to ${range.max}; got ${String(value)}.`);
}
