import { expect, test } from "vitest";
import { smartResize } from "./smart-resize.ts";

test("the longest allowed side is 200 times the shorter one", () => {
  const limits = { factor: 28, minPixels: 3136, maxPixels: 12_845_056 };
  expect(() => smartResize({ width: 200, height: 1 }, limits)).not.toThrow();
  expect(() => smartResize({ width: 1, height: 201 }, limits)).toThrow(/1×201.*Crop it/);
});

test("sides halfway between two multiples go to the even one, as Python's round does", () => {
  const limits = { factor: 28, minPixels: 3136, maxPixels: 12_845_056 };
  // 2.5 → 2, 4.5 → 4; 3.5 → 4, 5.5 → 6
  expect(smartResize({ width: 70, height: 126 }, limits)).toEqual({ width: 56, height: 112 });
  expect(smartResize({ width: 98, height: 154 }, limits)).toEqual({ width: 112, height: 168 });
});
