import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fixturesFolder } from "../../golden/scratch-checkpoint.ts";
import { unpaddedLines } from "./unpadded-lines.ts";
import { bestCanvas, sizeWithin } from "./view-picture.ts";

interface Row {
  readonly size: readonly [number, number];
  readonly best_resolution: readonly [number, number];
  readonly resizes: readonly (readonly [number, number])[];
  readonly tokens: number;
  readonly error?: string;
}
const tables = JSON.parse(readFileSync(`${fixturesFolder}tables/tiles.json`, "utf8")) as Record<string, Row[]>;
const rows = tables["llava_next (336, patch 14)"]!.filter(({ error }) => error === undefined);

const canvases = [
  { width: 672, height: 336 },
  { width: 336, height: 672 },
  { width: 672, height: 672 },
  { width: 336, height: 1008 },
  { width: 1008, height: 336 },
];

test.each(rows)("canvas, size and tokens of $size", ({ size, best_resolution, resizes, tokens }) => {
  const [width, height] = size;
  const canvas = bestCanvas({ width, height }, canvases);
  expect([canvas.width, canvas.height]).toEqual(best_resolution);
  const fitted = sizeWithin({ width, height }, canvas);
  // The table has no entry for a resize that changes nothing.
  if (resizes.length === 2) expect([fitted.width, fitted.height]).toEqual(resizes[0]);
  const layout = { original: { width, height }, columns: canvas.width / 336, rows: canvas.height / 336, side: 24 };
  const lines = unpaddedLines(layout);
  expect(24 * 24 + lines.flat().length + lines.length).toBe(tokens);
});
