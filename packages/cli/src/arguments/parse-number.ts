import { InvalidArgumentError } from "commander";

/**
 * A commander parser for numbers. Ranges that the library checks itself are not repeated here.
 *
 * @throws commander's InvalidArgumentError for anything but a decimal number
 */
export function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("It is not a number.");
  return value;
}

/** A commander parser for whole numbers from 0 on, with an optional `-` (`--seed -1`). */
export function parseInteger(text: string): number {
  if (!/^-?\d{1,15}$/.test(text.trim())) throw new InvalidArgumentError("It is not a whole number.");
  return Number(text);
}

/** A commander parser for options that may be given several times. */
export function collectTexts(text: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), text];
}
