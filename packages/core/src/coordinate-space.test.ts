import { expect, test } from "vitest";
import { type CoordinateSpace, toBoxGrid } from "./coordinate-space.ts";
import { toPixels } from "./to-pixels.ts";

const extents: readonly [CoordinateSpace, number][] = [
  ["relative-1024", 1024],
  ["relative-1000", 1000],
  ["relative-999", 999],
  ["unit", 1],
  ["pixels", 640],
];
const size = { width: 640, height: 640 };

test.each(extents)("%s: ends, middle, monotony, range", (space, extent) => {
  expect(toBoxGrid([0, extent / 2, extent, extent], space, size)).toEqual([0, 512, 1024, 1024]);
  expect(toBoxGrid([-extent, 0, 2 * extent, extent * 1.0001], space, size)).toEqual([0, 0, 1024, 1024]);
  let previous = 0;
  for (let step = 0; step <= 200; step++) {
    const value = (extent * step) / 200;
    const [x0, y0] = toBoxGrid([value, value, 0, 0], space, size)!;
    expect(x0).toBe(y0);
    expect(x0).toBeGreaterThanOrEqual(previous);
    expect(Math.abs(x0 - (value / extent) * 1024)).toBeLessThanOrEqual(0.5);
    previous = x0;
  }
});

test("whole coordinates of a 0–1000 checkpoint come back within half a step", () => {
  for (let value = 0; value <= 1000; value++) {
    const [grid] = toBoxGrid([value, 0, 0, 0], "relative-1000")!;
    expect(Math.abs((grid / 1024) * 1000 - value)).toBeLessThanOrEqual(0.5);
  }
});

test("pixels use both sides, and need them", () => {
  expect(toBoxGrid([320, 120, 640, 240], "pixels", { width: 640, height: 240 })).toEqual([512, 512, 1024, 1024]);
  expect(toBoxGrid([1, 2, 3, 4], "pixels")).toBeNull();
  expect(toBoxGrid([1, 2, 3, 4], "pixels", { width: 0, height: 10 })).toBeNull();
});

test("numbers that are not finite are no box", () => {
  expect(toBoxGrid([Number.NaN, 0, 1, 1], "unit")).toBeNull();
  expect(toBoxGrid([0, 0, Number.POSITIVE_INFINITY, 1], "unit")).toBeNull();
});

test("toPixels takes a box, a result or a response, and changes nothing in place", () => {
  const result = { sentence: "A dog", groundings: [{ phrase: "A dog", grounding: [[0, 512, 1024, 1023] as const] }] };
  const response = { kind: "phrase-grounding", prompt: "p", result } as const;
  const picture = { width: 640, height: 480 };
  const before = structuredClone(response);
  expect(toPixels([0, 512, 1024, 1023], picture)).toEqual([0, 240, 640, 479]);
  expect(toPixels(result, picture).groundings[0]?.grounding).toEqual([[0, 240, 640, 479]]);
  expect(toPixels(response, picture)).toEqual({
    kind: "phrase-grounding",
    prompt: "p",
    result: { sentence: "A dog", groundings: [{ phrase: "A dog", grounding: [[0, 240, 640, 479]] }] },
  });
  expect(response).toEqual(before);
  const other = { kind: "vqa", result: { answer: "two" } } as const;
  expect(toPixels(other, picture)).toBe(other);
});
