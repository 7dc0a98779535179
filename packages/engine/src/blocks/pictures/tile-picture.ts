import { type Picture, resamplePillow } from "@ocellus/media";
import { cutTiles } from "./cut-tiles.ts";
import type { PictureSettings } from "./picture-settings.ts";

/** How many tiles a picture may become. */
export interface TileLimits {
  /** Pixels along the side of a tile. */
  readonly tile: number;
  readonly minTiles: number;
  readonly maxTiles: number;
}

/** How pictures are cut into tiles. */
export interface TileSettings extends TileLimits, PictureSettings {
  /** A view of the whole picture stands behind several tiles. */
  readonly thumbnail: boolean;
}

/** Tiles along both sides of a picture. */
export interface TileGrid {
  readonly columns: number;
  readonly rows: number;
}

/**
 * The grid of tiles whose shape is nearest to that of the picture; of equally near ones the larger if the picture has
 * more than half its pixels (specs/vlm.md B4 "Tiles"; InternVL `find_closest_aspect_ratio`).
 */
export function tileGrid(
  { width, height }: { readonly width: number; readonly height: number },
  { tile, minTiles, maxTiles }: TileLimits,
): TileGrid {
  let best: TileGrid = { columns: 1, rows: 1 };
  let bestDifference = Number.POSITIVE_INFINITY;
  for (const grid of grids(minTiles, maxTiles)) {
    const difference = Math.abs(width / height - grid.columns / grid.rows);
    const isLargeEnough = width * height > 0.5 * tile * tile * grid.columns * grid.rows;
    if (difference < bestDifference || (difference === bestDifference && isLargeEnough)) best = grid;
    bestDifference = Math.min(bestDifference, difference);
  }
  return best;
}

/** Grids by their number of tiles, then by columns. */
function grids(minTiles: number, maxTiles: number): TileGrid[] {
  const all: TileGrid[] = [];
  for (let columns = 1; columns <= maxTiles; columns++) {
    for (let rows = 1; rows * columns <= maxTiles; rows++) {
      if (rows * columns >= minTiles) all.push({ columns, rows });
    }
  }
  return all.sort((a, b) => a.columns * a.rows - b.columns * b.rows);
}

/** The tiles of a picture, row by row, and behind several of them the whole picture in one. */
export interface TiledPicture {
  readonly tiles: readonly Picture[];
  readonly grid: TileGrid;
  readonly resized: { readonly width: number; readonly height: number };
}

/** Stretches a picture to its grid and cuts it. */
export function tilePicture(picture: Picture, processor: TileSettings): TiledPicture {
  const { tile, filter, thumbnail } = processor;
  const grid = tileGrid(picture, processor);
  const resized = { width: grid.columns * tile, height: grid.rows * tile };
  const tiles = cutTiles(resamplePillow(picture, resized, filter), tile);
  if (tiles.length > 1 && thumbnail) tiles.push(resamplePillow(picture, { width: tile, height: tile }, filter));
  return { tiles, grid, resized };
}
