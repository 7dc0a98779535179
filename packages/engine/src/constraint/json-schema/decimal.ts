/** A decimal number written out: (−1)^negative · whole.fraction; the fraction has no trailing zeros. */
export interface Decimal {
  readonly negative: boolean;
  readonly whole: bigint;
  readonly fraction: string;
}

/** Larger and smaller powers of ten are no bounds that an answer would be written out for. */
const maxExponent = 40;

/**
 * The shortest decimal that reads back as this number, written out.
 *
 * @returns `null` for what is not finite, or has an exponent beyond ±40
 */
export function decimalOf(value: number): Decimal | null {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  if (parts === null) return null;
  const [, sign, whole = "0", fraction = "", exponent = "0"] = parts;
  const shift = Number(exponent);
  if (Math.abs(shift) > maxExponent) return null;
  const digits = `${"0".repeat(maxExponent + 1)}${whole}${fraction}${"0".repeat(maxExponent + 1)}`;
  const point = maxExponent + 1 + whole.length + shift;
  return {
    negative: sign === "-",
    whole: BigInt(digits.slice(0, point)),
    fraction: digits.slice(point).replace(/0+$/, ""),
  };
}

/** True for zero of either sign. */
export function isZero(decimal: Decimal): boolean {
  return decimal.whole === 0n && decimal.fraction === "";
}
