import type { Picture } from "@ocellus/media";

/** Cuts a picture into square tiles, row by row. Its sides are multiples of `side`. */
export function cutTiles(picture: Picture, side: number): Picture[] {
  const tiles: Picture[] = [];
  for (let top = 0; top + side <= picture.height; top += side) {
    for (let left = 0; left + side <= picture.width; left += side) tiles.push(crop(picture, left, top, side));
  }
  return tiles;
}

function crop({ data, width }: Picture, left: number, top: number, side: number): Picture {
  const tile = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    const start = ((top + y) * width + left) * 3;
    tile.set(data.subarray(start, start + side * 3), y * side * 3);
  }
  return { data: tile, width: side, height: side };
}
