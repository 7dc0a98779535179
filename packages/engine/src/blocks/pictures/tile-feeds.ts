import type { Picture } from "@ocellus/media";
import { type Feeds, floatTensor, type HostTensor } from "../../runtime/host-tensor.ts";
import { copyPatchLine } from "./copy-patch-line.ts";
import { normalisedLevels, type PixelScale } from "./normalised-levels.ts";

/** Patches that one run of a vision tower sees, unless a single tile has more: bounds the memory of a run. */
const patchesPerRun = 8192;

/**
 * The inputs of a vision tower that sees tiles by themselves: as many to a run as stay in bounded memory.
 *
 * @param tiles square pictures of one size
 * @returns made anew by every iteration
 */
export function tileFeeds(tiles: readonly Picture[], patchSize: number, scale: PixelScale): Iterable<Feeds> {
  const patches = Math.floor(tiles[0]!.width / patchSize) ** 2;
  const tilesPerRun = Math.max(1, Math.floor(patchesPerRun / patches));
  return {
    *[Symbol.iterator]() {
      for (let start = 0; start < tiles.length; start += tilesPerRun) {
        yield { pixel_values: tilePixels(tiles.slice(start, start + tilesPerRun), patchSize, scale) };
      }
    },
  };
}

/**
 * Rows [tiles · patches, 3 · patchSize²]: the patches of each tile line by line, each as (channel, y, x). A rest of a
 * tile that fills no patch is left out, as a convolution without padding does.
 */
export function tilePixels(tiles: readonly Picture[], patchSize: number, scale: PixelScale): HostTensor {
  const levels = normalisedLevels(scale);
  const grid = Math.floor(tiles[0]!.width / patchSize);
  const plane = patchSize * patchSize;
  const rows = tiles.length * grid * grid;
  const values = new Float32Array(rows * 3 * plane);
  for (const [index, { data, width }] of tiles.entries()) {
    for (let y = 0; y < grid * patchSize; y++) {
      for (let column = 0; column < grid; column++) {
        const row = (index * grid + Math.floor(y / patchSize)) * grid + column;
        const start = row * 3 * plane + (y % patchSize) * patchSize;
        const source = (y * width + column * patchSize) * 3;
        copyPatchLine(data, source, levels, values, { start, patchSize, channelStride: plane });
      }
    }
  }
  return floatTensor(values, [rows, 3 * plane]);
}
