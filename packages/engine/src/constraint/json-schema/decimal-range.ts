import { choice, digit, type Expression, nothing, sequence, text } from "../grammar/expression.ts";
import { type Decimal, isZero } from "./decimal.ts";
import { integerRange } from "./integer-range.ts";

/** One end of a range of decimals. */
export interface DecimalBound {
  readonly value: Decimal;
  /** The value itself does not belong to the range. */
  readonly exclusive: boolean;
}

/** One end of a range of magnitudes; the sign is dealt with. */
interface MagnitudeBound {
  readonly whole: bigint;
  readonly fraction: string;
  readonly exclusive: boolean;
}

const zero: MagnitudeBound = { whole: 0n, fraction: "", exclusive: false };

/**
 * The decimals between two bounds, written without an exponent.
 *
 * @param maxFraction digits behind the point at most
 * @returns `null` when there is none
 */
export function decimalRange(
  min: DecimalBound | null,
  max: DecimalBound | null,
  maxFraction: number,
): Expression | null {
  const options = [negativeRange(min, max, maxFraction), positiveRange(min, max, maxFraction)];
  const kept = options.filter((option) => option !== null);
  return kept.length === 0 ? null : choice(...kept);
}

/** The part below zero: there the larger magnitude is the smaller number. −0 is left out. */
function negativeRange(min: DecimalBound | null, max: DecimalBound | null, maxFraction: number): Expression | null {
  if (min !== null && !isBelowZero(min)) return null;
  const from = max !== null && isBelowZero(max) ? magnitude(max) : { ...zero, exclusive: true };
  const range = magnitudeRange(from, min === null ? null : magnitude(min), maxFraction);
  return range === null ? null : sequence(text("-"), range);
}

function positiveRange(min: DecimalBound | null, max: DecimalBound | null, maxFraction: number): Expression | null {
  if (max !== null && (isBelowZero(max) || (isZero(max.value) && max.exclusive))) return null;
  const from = min === null || isBelowZero(min) ? zero : magnitude(min);
  return magnitudeRange(from, max === null ? null : magnitude(max), maxFraction);
}

function isBelowZero({ value }: DecimalBound): boolean {
  return value.negative && !isZero(value);
}

function magnitude({ value, exclusive }: DecimalBound): MagnitudeBound {
  return { whole: value.whole, fraction: value.fraction, exclusive };
}

function magnitudeRange(min: MagnitudeBound, max: MagnitudeBound | null, maxFraction: number): Expression | null {
  const options: Expression[] = [];
  const add = (whole: Expression | null, fraction: Expression | null): void => {
    if (whole !== null && fraction !== null) options.push(sequence(whole, fraction));
  };
  if (max !== null && min.whole > max.whole) return null;
  if (max !== null && min.whole === max.whole) {
    add(text(String(min.whole)), fractionRange(min, max, maxFraction));
  } else {
    add(text(String(min.whole)), fractionRange(min, null, maxFraction));
    const last = max === null ? null : max.whole - 1n;
    if (last === null || min.whole + 1n <= last) {
      add(integerRange(min.whole + 1n, last), fractionRange(null, null, maxFraction));
    }
    if (max !== null) add(text(String(max.whole)), fractionRange(null, max, maxFraction));
  }
  return options.length === 0 ? null : choice(...options);
}

/** What may stand behind the whole part: nothing, or a point and digits. `null` when nothing fits. */
function fractionRange(min: MagnitudeBound | null, max: MagnitudeBound | null, maxFraction: number): Expression | null {
  const walk = new FractionWalk(min, max, maxFraction);
  const digits = walk.digits(0, min !== null, max !== null);
  const options: Expression[] = [];
  if (walk.mayEnd(0, min !== null, max !== null)) options.push(nothing);
  if (digits !== null) options.push(sequence(text("."), digits));
  return options.length === 0 ? null : choice(...options);
}

/** Digits behind the point, as far as they still run along a bound ("tight") or have left it. */
class FractionWalk {
  readonly #min: MagnitudeBound;
  readonly #max: MagnitudeBound;
  readonly #length: number;

  constructor(min: MagnitudeBound | null, max: MagnitudeBound | null, length: number) {
    this.#min = min ?? zero;
    this.#max = max ?? zero;
    this.#length = length;
  }

  /** True when the number may end after `at` digits. */
  mayEnd(at: number, tightMin: boolean, tightMax: boolean): boolean {
    const fitsMin = !tightMin || (at >= this.#min.fraction.length && !this.#min.exclusive);
    const fitsMax = !tightMax || at < this.#max.fraction.length || !this.#max.exclusive;
    return fitsMin && fitsMax;
  }

  /** At least one more digit. */
  digits(at: number, tightMin: boolean, tightMax: boolean): Expression | null {
    if (at >= this.#length) return null;
    const options = this.#steps(at, tightMin, tightMax).flatMap(([first, last, stillMin, stillMax]) => {
      if (first > last) return [];
      const rest = this.digits(at + 1, stillMin, stillMax);
      const ends = this.mayEnd(at + 1, stillMin, stillMax) ? [nothing] : [];
      const follow = rest === null ? ends : [...ends, rest];
      return follow.length === 0 ? [] : [sequence(digit(first, last), choice(...follow))];
    });
    return options.length === 0 ? null : choice(...options);
  }

  /** Ranges of the next digit, and along which bounds the number still runs behind them. */
  #steps(at: number, tightMin: boolean, tightMax: boolean): (readonly [number, number, boolean, boolean])[] {
    const low = tightMin ? Number(this.#min.fraction[at] ?? 0) : 0;
    const high = tightMax ? Number(this.#max.fraction[at] ?? 0) : 9;
    if (tightMin && tightMax && low === high) return [[low, low, true, true]];
    if (low > high) return [];
    const inner = [tightMin ? low + 1 : low, tightMax ? high - 1 : high, false, false] as const;
    return [
      ...(tightMin ? [[low, low, true, false] as const] : []),
      inner,
      ...(tightMax ? [[high, high, false, true] as const] : []),
    ];
  }
}
