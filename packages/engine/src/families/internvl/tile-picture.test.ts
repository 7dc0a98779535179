import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { tileGrid } from "../../blocks/pictures/tile-picture.ts";
import { fixturesFolder } from "../../golden/scratch-checkpoint.ts";
import { sampleFrames } from "./video-input.ts";

const read = (file: string): unknown => JSON.parse(readFileSync(`${fixturesFolder}tables/${file}`, "utf8"));

interface Row {
  readonly size: readonly [number, number];
  readonly columns: number;
  readonly rows: number;
  readonly tiles: number;
  readonly error?: string;
}
const tables = read("tiles.json") as Record<string, Row[]>;

test.each([12, 6])("grids of at most %i tiles of 448 pixels", (maxTiles) => {
  for (const { size, columns, rows, tiles, error } of tables[`internvl (448, 1..${maxTiles} tiles)`]!) {
    if (error !== undefined) continue;
    const [width, height] = size;
    const grid = tileGrid({ width, height }, { tile: 448, minTiles: 1, maxTiles });
    const count = grid.columns * grid.rows;
    expect(count > 1 ? count + 1 : 1, String(size)).toBe(tiles);
    // The table takes the grid from the first resize, which a picture of exactly two tiles does not need.
    if (width !== 896 || height !== 448) expect(grid, String(size)).toEqual({ columns, rows });
  }
});

interface Sampling {
  readonly family: string;
  readonly kwargs: { readonly fps?: number; readonly num_frames?: number };
  readonly total_frames: number;
  readonly source_fps: number;
  readonly indices?: readonly number[];
}
const recorded = (read("video-sampling.json") as Sampling[]).filter(
  ({ family, indices }) => family === "internvl" && indices !== undefined && indices.length > 0,
);

test.each(recorded)("$total_frames frames at $source_fps fps, asked for $kwargs", (row) => {
  const { kwargs, total_frames: frameCount, source_fps: fps, indices } = row;
  const sampling = { fps: kwargs.fps ?? 1e6, maxFrames: kwargs.num_frames ?? null };
  expect(sampleFrames({ frameCount, fps }, sampling, undefined)).toEqual(indices);
});
