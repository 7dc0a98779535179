import { toBoxGrid, toPixels } from "@ocellus/core";
import { type Picture, resamplePillow } from "@ocellus/media";
import { describe, expect, test } from "vitest";
import { viewPicture } from "../blocks/llava/view-picture.ts";
import { tilePicture as tileInternVl } from "../blocks/pictures/tile-picture.ts";
import { smartResize } from "../blocks/qwen-vision/smart-resize.ts";
import { tilePicture as tileSmolVlm } from "../families/smolvlm/tile-picture.ts";

/**
 * A picture is black with one white box. Wherever that box stands in what the model sees, its place there, written in
 * `pixels` of the resized picture, must come back as the place it had.
 */
type Size = { readonly width: number; readonly height: number };
type Box = readonly [number, number, number, number];

/** What the model sees of a picture, put together again, and the size that boxes are relative to. */
type See = (picture: Picture) => { readonly seen: Picture; readonly resized: Size };

const common = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], rescaleFactor: 1 / 255, filter: "bicubic" } as const;
const sides = [28, 56, 84, 112];

const ways: Readonly<Record<string, See>> = {
  "resizing (Qwen)": (picture) => {
    const resized = smartResize(picture, { factor: 28, minPixels: 3136, maxPixels: 60_000 });
    return { seen: resamplePillow(picture, resized, "bicubic"), resized };
  },
  "tiling (InternVL)": (picture) => {
    const settings = { ...common, tile: 56, minTiles: 1, maxTiles: 12, thumbnail: true };
    const { tiles, grid, resized } = tileInternVl(picture, settings);
    return { seen: joined(tiles, grid.columns, grid.rows), resized };
  },
  "tiling (SmolVLM)": (picture) => {
    const settings = { ...common, tile: 64, longestEdge: 256, splits: true };
    const { tiles, grid, resized } = tileSmolVlm(picture, settings);
    return { seen: joined(tiles, Math.max(1, grid.columns), Math.max(1, grid.rows)), resized };
  },
  "tiling and padding (LLaVA)": (picture) => {
    const canvases = sides.flatMap((width) => sides.map((height) => ({ width: 2 * width, height: 2 * height })));
    const { views, canvas, fitted } = viewPicture(picture, { ...common, tile: 56, canvases });
    const whole = joined(views.slice(1), canvas.width / 56, canvas.height / 56);
    const left = Math.floor((canvas.width - fitted.width) / 2);
    const top = Math.floor((canvas.height - fitted.height) / 2);
    return { seen: cut(whole, left, top, fitted), resized: fitted };
  },
};

/** The same sizes and places in every run. */
function* samples(): Generator<{ readonly size: Size; readonly box: Box }> {
  let state = 1;
  const next = (low: number, high: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return low + (state % (high - low));
  };
  for (let round = 0; round < 25; round++) {
    const size = { width: next(60, 500), height: next(60, 500) };
    const [x0, y0] = [next(0, size.width - 40), next(0, size.height - 40)];
    yield { size, box: [x0, y0, next(x0 + 30, size.width), next(y0 + 30, size.height)] };
  }
}

describe.each(Object.entries(ways))("%s", (_, see) => {
  test("a box comes back at its place", () => {
    for (const { size, box } of samples()) {
      const { seen, resized } = see(drawn(size, box));
      expect([seen.width, seen.height]).toEqual([resized.width, resized.height]);
      const grid = toBoxGrid(bounds(seen), "pixels", resized)!;
      const back = toPixels(grid, size);
      // A pixel of what the model sees, and one of the picture itself.
      const [slackX, slackY] = [size.width / resized.width + 1.5, size.height / resized.height + 1.5];
      for (const [index, value] of back.entries()) {
        const slack = index % 2 === 0 ? slackX : slackY;
        const label = `${size.width}×${size.height} [${box}] → [${back}]`;
        expect(Math.abs(value - box[index]!), label).toBeLessThanOrEqual(slack);
      }
    }
  });
});

function drawn({ width, height }: Size, [x0, y0, x1, y1]: Box): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let y = y0; y < y1; y++) data.fill(255, 3 * (y * width + x0), 3 * (y * width + x1));
  return { data, width, height };
}

/** Where a picture is rather white. */
function bounds({ data, width, height }: Picture): Box {
  let [x0, y0, x1, y1] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[3 * (y * width + x)]! < 128) continue;
      [x0, y0, x1, y1] = [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x + 1), Math.max(y1, y + 1)];
    }
  }
  return [x0, y0, x1, y1];
}

function joined(tiles: readonly Picture[], columns: number, rows: number): Picture {
  const side = tiles[0]!.width;
  const [width, height] = [columns * side, rows * side];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let column = 0; column < columns; column++) {
      const tile = tiles[Math.floor(y / side) * columns + column]!;
      const line = tile.data.subarray(3 * (y % side) * side, 3 * ((y % side) + 1) * side);
      data.set(line, 3 * (y * width + column * side));
    }
  }
  return { data, width, height };
}

function cut(picture: Picture, left: number, top: number, { width, height }: Size): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const start = 3 * ((top + y) * picture.width + left);
    data.set(picture.data.subarray(start, start + 3 * width), 3 * y * width);
  }
  return { data, width, height };
}
