import { describe, expect, test } from "vitest";
import { openSchema } from "../../golden/grammar-texts.ts";

const spellings = ["-0", "00", "01", "+1", "1.0", "1e1", ".5", "1.", "-", "", "--1"];

/** Every integer from −1,250 to 1,250 through the matcher. */
async function expectIntegers(schema: Record<string, unknown>, fits: (value: number) => boolean): Promise<void> {
  const texts = await openSchema({ type: "integer", ...schema });
  for (let value = -1250; value <= 1250; value++) {
    if (texts.accepts(String(value)) !== fits(value)) expect.fail(`${JSON.stringify(schema)} and ${value}`);
  }
  for (const text of spellings) expect(texts.accepts(text), text).toBe(false);
}

describe("integers", () => {
  test("all bounds between −30 and 30", async () => {
    for (let min = -30; min <= 30; min += 7) {
      for (let max = min; max <= 30; max += 5) {
        await expectIntegers({ minimum: min, maximum: max }, (value) => value >= min && value <= max);
      }
    }
  });

  test.each<[number, number]>([
    [0, 1024],
    [1, 9],
    [9, 10],
    [99, 101],
    [-1024, -7],
    [-100, 100],
    [123, 987],
    [-1001, 1001],
    [999, 1000],
    [0, 0],
  ])("%i to %i", (min, max) => expectIntegers({ minimum: min, maximum: max }, (value) => value >= min && value <= max));

  test("one side, exclusive and fractional bounds", async () => {
    await expectIntegers({}, () => true);
    await expectIntegers({ minimum: 17 }, (value) => value >= 17);
    await expectIntegers({ maximum: -17 }, (value) => value <= -17);
    await expectIntegers({ minimum: -17 }, (value) => value >= -17);
    await expectIntegers({ exclusiveMinimum: 3, exclusiveMaximum: 12 }, (value) => value > 3 && value < 12);
    await expectIntegers({ minimum: -2.5, maximum: 7.5 }, (value) => value >= -2.5 && value <= 7.5);
    await expectIntegers({ minimum: 5, exclusiveMinimum: 3, maximum: 9, exclusiveMaximum: 9 }, (v) => v >= 5 && v < 9);
  });

  test("multiples", async () => {
    await expectIntegers({ multipleOf: 7, minimum: -50, maximum: 500 }, (v) => v % 7 === 0 && v >= -50 && v <= 500);
    await expectIntegers({ multipleOf: 1, minimum: 2 }, (value) => value >= 2);
    await expectIntegers({ multipleOf: 0.5, minimum: 2, maximum: 9 }, (value) => value >= 2 && value <= 9);
  });

  test("without a bound they have at most 15 digits", async () => {
    const texts = await openSchema({ type: "integer" });
    expect(texts.accepts("9".repeat(15))).toBe(true);
    expect(texts.accepts("1".repeat(16))).toBe(false);
  });

  test("bounds of any length", async () => {
    const texts = await openSchema({ type: "integer", minimum: 1e15, maximum: 9007199254740991 });
    expect(texts.accepts("9007199254740991")).toBe(true);
    expect(texts.accepts("9007199254740992")).toBe(false);
    expect(texts.accepts("999999999999999")).toBe(false);
  });
});

/** Every decimal with up to three digits behind the point from −25 to 25, with and without trailing zeros. */
async function expectDecimals(schema: Record<string, unknown>, fits: (value: number) => boolean): Promise<void> {
  const texts = await openSchema({ type: "number", ...schema });
  for (let thousandths = -25_000; thousandths <= 25_000; thousandths += 13) {
    const value = thousandths / 1000;
    for (const text of new Set([String(value), value.toFixed(3), value.toFixed(1)])) {
      const read = Number(text);
      if (/^-0(\.0*)?$/.test(text)) continue;
      if (texts.accepts(text) !== fits(read)) expect.fail(`${JSON.stringify(schema)} and ${text}`);
    }
  }
}

describe("numbers", () => {
  test.each<[number, number]>([
    [0, 1],
    [-1, 1],
    [0.5, 0.75],
    [0.123, 7.8],
    [-3.25, -1.007],
    [-0.5, 12],
    [3, 3],
    [9.99, 10.01],
    [1.2, 1.25],
  ])("%d to %d", async (minimum, maximum) => {
    await expectDecimals({ minimum, maximum }, (value) => value >= minimum && value <= maximum);
    if (minimum === maximum) return;
    await expectDecimals(
      { exclusiveMinimum: minimum, exclusiveMaximum: maximum },
      (value) => value > minimum && value < maximum,
    );
  });

  test("one side", async () => {
    await expectDecimals({ minimum: 1.5 }, (value) => value >= 1.5);
    await expectDecimals({ maximum: 1.5 }, (value) => value <= 1.5);
    await expectDecimals({ exclusiveMinimum: 0 }, (value) => value > 0);
    await expectDecimals({ exclusiveMaximum: 0 }, (value) => value < 0);
  });

  test("what xgrammar's own converter gets wrong", async () => {
    const texts = await openSchema({ type: "number", minimum: 0, maximum: 1 });
    expect(texts.accepts("1.5")).toBe(false);
    expect(texts.accepts("0.123456789")).toBe(true);
    expect(texts.accepts("1.000")).toBe(true);
  });

  test("without bounds: what reads back", async () => {
    const texts = await openSchema({ type: "number" });
    for (const text of ["0", "-0.5", "12.25", "1e5", "1.5E-10", "-3"]) expect(texts.accepts(text), text).toBe(true);
    for (const text of ["01", ".5", "1.", "+1", "1e", "NaN", "1e999"]) expect(texts.accepts(text), text).toBe(false);
  });

  test("multiples of fractions", async () => {
    const hundredths = await openSchema({ type: "number", multipleOf: 0.01, minimum: 0, maximum: 1 });
    for (const text of ["0", "0.1", "0.25", "1", "1.00"]) expect(hundredths.accepts(text), text).toBe(true);
    for (const text of ["0.125", "1.01"]) expect(hundredths.accepts(text), text).toBe(false);
    const quarters = await openSchema({ type: "number", multipleOf: 0.25, minimum: -1, exclusiveMaximum: 1 });
    for (const text of ["-1", "-0.75", "0", "0.5"]) expect(quarters.accepts(text), text).toBe(true);
    for (const text of ["0.3", "1", "-1.25"]) expect(quarters.accepts(text), text).toBe(false);
  });
});
