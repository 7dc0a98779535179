import { readFileSync } from "node:fs";
import { openPicture } from "@ocellus/media";
import { expect, test } from "vitest";
import { tileFeeds } from "../../blocks/pictures/tile-feeds.ts";
import { readGoldenCheckpoint } from "../../golden/golden-checkpoint.ts";
import { pixelHash } from "../../golden/pixel-hash.ts";
import { fixturesFolder } from "../../golden/scratch-checkpoint.ts";
import type { SmolVlmProcessor } from "./processor-config.ts";
import { tilePicture, tilePlan } from "./tile-picture.ts";

const half = [0.5, 0.5, 0.5];
const processor: SmolVlmProcessor = {
  ...{ mean: half, std: half, rescaleFactor: 1 / 255, filter: "lanczos" },
  ...{ splits: true, longestEdge: 256, tile: 64 },
};

interface Row {
  readonly size: readonly [number, number];
  readonly rows: number;
  readonly columns: number;
  readonly resizes: readonly (readonly [number, number])[];
  readonly error?: string;
}
const tables = JSON.parse(readFileSync(`${fixturesFolder}tables/tiles.json`, "utf8")) as Record<string, Row[]>;

test.each([
  ["smolvlm2 256M/500M (512, longest 2048, 64 tokens per view)", 2048, 512],
  ["smolvlm2 2.2B (384, longest 1536, 81 tokens per view)", 1536, 384],
])("sizes of %s", (name, longestEdge, tile) => {
  for (const { size, rows, columns, resizes, error } of tables[name]!) {
    if (error !== undefined) continue;
    const [width, height] = size;
    const plan = tilePlan({ width, height }, { ...processor, longestEdge, tile });
    expect(plan.grid, String(size)).toEqual({ rows, columns });
    // The table has no entry for a step that changes nothing.
    const { scaled } = plan;
    if (scaled.width !== width || scaled.height !== height) {
      expect([scaled.width, scaled.height], String(size)).toEqual(resizes[0]);
    }
  }
});

test("without splitting, a picture is squeezed into one tile", async () => {
  const golden = readGoldenCheckpoint("smolvlm");
  const { pixels } = golden.cases.find(({ id }) => id === "no-split")!;
  const { shape, u8 } = pixels.pixel_values!.pil!;
  const path = `${fixturesFolder}images/photo.png`;
  const picture = await openPicture({ kind: "path", media: "image", path, label: "photo.png" });
  const { tiles, grid } = tilePicture(picture, { ...processor, splits: false });
  expect(grid).toEqual({ rows: 0, columns: 0 });
  const visual = { feeds: tileFeeds(tiles, 8, processor) };
  expect(pixelHash([visual], shape, { mean: half, std: half })).toBe(u8!.sha256);
});
