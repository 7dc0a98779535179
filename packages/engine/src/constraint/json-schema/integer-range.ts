import { choice, digit, type Expression, sequence, text, times } from "../grammar/expression.ts";

/** Integers of more digits do not read back exactly as doubles; a side without a bound ends here. */
const exactDigits = 15;

/**
 * The integers from `min` to `max` as JSON spells them: no plus sign, no leading zero, no −0.
 *
 * @param min `null` for no bound: at most 15 digits (more when the other bound has more)
 * @returns `null` when there is none
 */
export function integerRange(min: bigint | null, max: bigint | null): Expression | null {
  const below = max !== null && max < 0n ? -max : 1n;
  const negative = min !== null && min >= 0n ? null : magnitudeRange(below, min === null ? null : -min);
  const above = min !== null && min > 0n ? min : 0n;
  const positive = max !== null && max < 0n ? null : magnitudeRange(above, max);
  const options = [
    ...(negative === null ? [] : [sequence(text("-"), negative)]),
    ...(positive === null ? [] : [positive]),
  ];
  return options.length === 0 ? null : choice(...options);
}

/** The integers from `first` (≥ 0) to `last`. */
function magnitudeRange(first: bigint, last: bigint | null): Expression | null {
  const end = last ?? 10n ** BigInt(Math.max(exactDigits, String(first).length)) - 1n;
  if (first > end) return null;
  const options: Expression[] = [];
  /** Lengths of which all numbers belong to the range. */
  const full: number[] = [];
  for (let length = String(first).length; length <= String(end).length; length++) {
    const smallest = length === 1 ? 0n : 10n ** BigInt(length - 1);
    const largest = 10n ** BigInt(length) - 1n;
    const from = first > smallest ? first : smallest;
    const to = end < largest ? end : largest;
    if (length > 1 && from === smallest && to === largest) full.push(length);
    else options.push(betweenDigits(String(from), String(to)));
  }
  if (full.length > 0) options.push(sequence(digit(1, 9), times(digit(), full[0]! - 1, full.at(-1)! - 1)));
  return choice(...options);
}

/** Digit strings of one length from `low` to `high`. */
function betweenDigits(low: string, high: string): Expression {
  if (low === "") return text("");
  if (/^0*$/.test(low) && /^9*$/.test(high)) return times(digit(), low.length);
  const [first, last] = [Number(low[0]), Number(high[0])];
  const [lowRest, highRest] = [low.slice(1), high.slice(1)];
  if (first === last) return sequence(text(low[0]!), betweenDigits(lowRest, highRest));
  const options: Expression[] = [sequence(text(low[0]!), betweenDigits(lowRest, "9".repeat(lowRest.length)))];
  if (first + 1 < last) options.push(sequence(digit(first + 1, last - 1), times(digit(), lowRest.length)));
  options.push(sequence(text(high[0]!), betweenDigits("0".repeat(highRest.length), highRest)));
  return choice(...options);
}
