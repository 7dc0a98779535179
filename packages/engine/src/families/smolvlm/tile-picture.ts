import { type Picture, resamplePillow } from "@ocellus/media";
import { cutTiles } from "../../blocks/pictures/cut-tiles.ts";
import type { SmolVlmProcessor } from "./processor-config.ts";

/** Longest side in pixels that the reference resizes to, whatever a file asks for. */
const hardLimit = 4096;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The tiles of a picture, row by row, and the whole picture squeezed into a tile as the last one. */
export interface TiledPicture {
  readonly tiles: readonly Picture[];
  /** 0 × 0 when the picture was not cut. */
  readonly grid: { readonly rows: number; readonly columns: number };
  /** Size of the picture that was cut. */
  readonly resized: Size;
}

/** The sizes that a picture goes through, and how many tiles it becomes. */
export interface TilePlan {
  /** To the longest edge. */
  readonly scaled: Size;
  /** To whole tiles, or to a single one. */
  readonly resized: Size;
  /** 0 × 0 when the picture is not cut. */
  readonly grid: { readonly rows: number; readonly columns: number };
}

/** Plans the tiles of a picture as transformers' Idefics3 processor does (specs/vlm.md B8 "Image"). */
export function tilePlan(size: Size, { tile, longestEdge, splits }: SmolVlmProcessor): TilePlan {
  const scaled = capped(withLongestEdge(size, longestEdge));
  const resized = splits ? wholeTiles(scaled, tile) : { width: tile, height: tile };
  const [rows, columns] = [resized.height / tile, resized.width / tile];
  return { scaled, resized, grid: rows * columns === 1 ? { rows: 0, columns: 0 } : { rows, columns } };
}

/**
 * Resizes a picture and cuts it into tiles: to the longest edge, then to whole tiles, each time resampled; the view of
 * the whole is made from the result.
 */
export function tilePicture(picture: Picture, processor: SmolVlmProcessor): TiledPicture {
  const { tile, filter } = processor;
  const { scaled, resized, grid } = tilePlan(picture, processor);
  const fitted = resamplePillow(resamplePillow(picture, scaled, filter), resized, filter);
  if (grid.rows === 0) return { tiles: [fitted], grid, resized };
  const whole = resamplePillow(fitted, { width: tile, height: tile }, filter);
  return { tiles: [...cutTiles(fitted, tile), whole], grid, resized };
}

/** The longer side becomes `edge`; the other one is cut to whole pixels and made even. */
export function withLongestEdge({ width, height }: Size, edge: number): Size {
  const ratio = width / height;
  const even = (side: number): number => Math.max(1, Math.trunc(side) + (Math.trunc(side) % 2));
  return width >= height ? { width: edge, height: even(edge / ratio) } : { width: even(edge * ratio), height: edge };
}

function capped({ width, height }: Size): Size {
  const ratio = width / height;
  const side = (value: number): number => Math.max(1, Math.trunc(value));
  if (width >= height && width > hardLimit) return { width: hardLimit, height: side(hardLimit / ratio) };
  if (height > width && height > hardLimit) return { width: side(hardLimit * ratio), height: hardLimit };
  return { width, height };
}

/** The longer side up to whole tiles, then the other one, from the new ratio, up to whole tiles. */
function wholeTiles({ width, height }: Size, tile: number): Size {
  const ratio = width / height;
  const up = (side: number): number => Math.ceil(side / tile) * tile;
  if (width >= height) return { width: up(width), height: Math.max(tile, up(Math.trunc(up(width) / ratio))) };
  return { width: Math.max(tile, up(Math.trunc(up(height) * ratio))), height: up(height) };
}
