import { type Picture, resamplePillow } from "@ocellus/media";
import { cutTiles } from "../../blocks/pictures/cut-tiles.ts";
import { roundHalfEven } from "../../blocks/pictures/round-half-even.ts";
import { type TileGrid, tileGrid } from "../../blocks/pictures/tile-picture.ts";
import type { DeepseekOcrProcessor } from "./processor-config.ts";

/** A picture as the towers see it. */
export interface ViewedPicture {
  /** The whole picture in a square. */
  readonly whole: Picture;
  /** Size of the picture in that square, without its margins. */
  readonly fitted: { readonly width: number; readonly height: number };
  /** Its tiles, row by row; none of a small picture. */
  readonly tiles: readonly Picture[];
  readonly grid: TileGrid;
}

/** The tiles that a picture is cut into: none of one that a tile can hold, or in modes without. */
export function viewGrid(
  size: { readonly width: number; readonly height: number },
  { tile, minTiles, maxTiles }: Pick<DeepseekOcrProcessor, "tile" | "minTiles" | "maxTiles">,
): TileGrid {
  const isCut = maxTiles > 0 && Math.max(size.width, size.height) > tile;
  return isCut ? tileGrid(size, { tile, minTiles, maxTiles }) : { columns: 0, rows: 0 };
}

/** Makes the views of a picture (specs/vlm.md B7 "Views"; transformers `UnlimitedOcrImageProcessor`). */
export function viewPicture(picture: Picture, processor: DeepseekOcrProcessor): ViewedPicture {
  const { tile, filter } = processor;
  const grid = viewGrid(picture, processor);
  const canvas = { width: grid.columns * tile, height: grid.rows * tile };
  const tiles = grid.columns === 0 ? [] : cutTiles(resamplePillow(picture, canvas, filter), tile);
  const { whole: side, stretches, background } = processor;
  const fitted = stretches ? { width: side, height: side } : sizeWithin(picture, side);
  const whole = centred(resamplePillow(picture, fitted, filter), side, background);
  return { whole, fitted, tiles, grid };
}

/** The size of a picture whose longer side fills a square. */
export function sizeWithin(
  { width, height }: { readonly width: number; readonly height: number },
  side: number,
): { readonly width: number; readonly height: number } {
  const scale = side / Math.max(width, height);
  const fit = (length: number): number => Math.max(1, roundHalfEven(length * scale));
  return { width: fit(width), height: fit(height) };
}

function centred(picture: Picture, side: number, background: readonly number[]): Picture {
  const data = new Uint8Array(side * side * 3);
  for (let index = 0; index < data.length; index++) data[index] = background[index % 3]!;
  const left = Math.floor((side - picture.width) / 2);
  const top = Math.floor((side - picture.height) / 2);
  for (let y = 0; y < picture.height; y++) {
    const line = picture.data.subarray(y * picture.width * 3, (y + 1) * picture.width * 3);
    data.set(line, ((top + y) * side + left) * 3);
  }
  return { data, width: side, height: side };
}
