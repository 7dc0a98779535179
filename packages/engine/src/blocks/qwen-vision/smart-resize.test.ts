import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fixturesFolder } from "../../golden/scratch-checkpoint.ts";
import { smartResize } from "./smart-resize.ts";

interface Row {
  readonly size: readonly [number, number];
  readonly resized?: readonly [number, number];
  readonly grid_thw?: readonly [number, number, number];
  readonly tokens?: number;
  readonly error?: string;
}

/** Sizes that transformers' own processor computed. */
const table: { readonly images: Readonly<Record<string, readonly Row[]>> } = JSON.parse(
  readFileSync(`${fixturesFolder}tables/qwen2-5-vl-preprocessing.json`, "utf8"),
);

test.each(Object.entries(table.images))("%s: sizes, grids and tokens of the reference", (settings, rows) => {
  const [minPixels, maxPixels, factor] = ["min", "max", "factor"].map((name) =>
    Number(new RegExp(`${name} (\\d+)`).exec(settings)![1]),
  ) as [number, number, number];
  expect(rows.length).toBeGreaterThan(30);
  for (const row of rows) {
    const [width, height] = row.size;
    const resize = () => smartResize({ width, height }, { factor, minPixels, maxPixels });
    if (row.error !== undefined) {
      expect(resize, `${width}×${height}`).toThrow(/too elongated/);
      continue;
    }
    const resized = resize();
    expect([resized.width, resized.height], `${width}×${height}`).toEqual(row.resized);
    const grid = [1, resized.height / 14, resized.width / 14];
    expect(grid, `${width}×${height}`).toEqual(row.grid_thw);
    expect((grid[1]! * grid[2]!) / 4, `${width}×${height}`).toBe(row.tokens);
  }
});

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
