import { expect, test } from "vitest";
import { floatElementBytes, toFloat32 } from "./float32.ts";

const bytesOf = (values: Uint16Array | Float32Array | Float64Array): Uint8Array => new Uint8Array(values.buffer);

test("bfloat16 is the upper half of a float32, for every bit pattern", () => {
  const patterns = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
  const values = toFloat32(bytesOf(patterns), "BF16", "x");
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  expect(bits.every((word, index) => word === (index << 16) >>> 0)).toBe(true);
  const named = toFloat32(bytesOf(Uint16Array.of(0x3f80, 0xc000, 0x0001, 0x7f80, 0xff80, 0x8000)), "BF16", "x");
  expect([...named]).toEqual([1, -2, 2 ** -133, Infinity, -Infinity, -0]);
});

test("float16 with subnormals, infinities, signed zero and NaN (IEEE 754 binary16)", () => {
  const cases: readonly (readonly [number, number])[] = [
    [0x0000, 0],
    [0x8000, -0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65_504],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ];
  const values = toFloat32(bytesOf(Uint16Array.from(cases, ([bits]) => bits)), "F16", "x");
  expect([...values]).toEqual(cases.map(([, value]) => value));
});

test("float32 is exact and float64 is rounded", () => {
  const numbers = [Math.fround(0.1), Math.fround(-3e38), 2 ** -149];
  expect([...toFloat32(bytesOf(Float32Array.from(numbers)), "F32", "x")]).toEqual(numbers);
  expect([...toFloat32(bytesOf(Float64Array.of(0.1, 1e300)), "F64", "x")]).toEqual([Math.fround(0.1), Infinity]);
});

test("bytes that begin at an odd address are read as well", () => {
  for (const [dtype, values] of [
    ["F32", Float32Array.of(1.5, -2)],
    ["F64", Float64Array.of(1.5, -2)],
  ] as const) {
    const shifted = new Uint8Array(values.byteLength + 1);
    shifted.set(bytesOf(values), 1);
    expect([...toFloat32(shifted.subarray(1), dtype, "x")]).toEqual([1.5, -2]);
  }
  expect([...toFloat32(Uint8Array.of(9, 0x80, 0x3f).subarray(1), "BF16", "x")]).toEqual([1]);
});

test("integer weights are refused by name and dtype", () => {
  expect(() => toFloat32(new Uint8Array(4), "I32", "model.norm.weight")).toThrow(/"model\.norm\.weight".*I32.*BF16/);
  expect(() => floatElementBytes("BOOL", "mask")).toThrow(/"mask".*BOOL/);
  expect([floatElementBytes("F64", ""), floatElementBytes("F16", "")]).toEqual([8, 2]);
});
