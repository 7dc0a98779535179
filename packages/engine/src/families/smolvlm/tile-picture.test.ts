import { openPicture } from "@ocellus/media";
import { expect, test } from "vitest";
import { tileFeeds } from "../../blocks/pictures/tile-feeds.ts";
import { readGoldenCheckpoint } from "../../golden/golden-checkpoint.ts";
import { pixelHash } from "../../golden/pixel-hash.ts";
import { fixturesFolder } from "../../golden/scratch-checkpoint.ts";
import type { SmolVlmProcessor } from "./processor-config.ts";
import { tilePicture } from "./tile-picture.ts";

const half = [0.5, 0.5, 0.5];
const processor: SmolVlmProcessor = {
  ...{ mean: half, std: half, rescaleFactor: 1 / 255, filter: "lanczos" },
  ...{ splits: true, longestEdge: 256, tile: 64 },
};

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
