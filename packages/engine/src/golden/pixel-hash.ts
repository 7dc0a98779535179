import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import type { PreparedVisual } from "../families/model-family.ts";

/** Mean and standard deviation that a checkpoint's pixels are normalised with, a channel each. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Reads the normalisation from the processor files of a checkpoint folder; ImageNet's where there are none. */
export function readNormalisation(folder: string): Normalisation {
  const files = ["preprocessor_config.json", "processor_config.json", "vision_tower/preprocessor_config.json"];
  const file = files.find((name) => existsSync(`${folder}/${name}`));
  if (file === undefined) return { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  const json = JSON.parse(readFileSync(`${folder}/${file}`, "utf8"));
  const { image_mean: mean, image_std: std } = json.image_processor ?? json;
  return { mean, std };
}

/**
 * SHA-256 of the pixel values mapped back to bytes, in the layout of the reference.
 *
 * @param shape of the recorded array: [patches, pixels] of Qwen models, or [..., 3, height, width] of whole tiles, for
 *   which patches are put together again
 */
export function pixelHash(
  visuals: readonly Pick<PreparedVisual, "feeds">[],
  shape: readonly number[],
  { mean, std }: Normalisation,
): string {
  const hash = createHash("sha256");
  for (const feeds of visuals.flatMap((visual) => [...visual.feeds])) {
    const { data, dims } = feeds.pixel_values!;
    const row = dims.at(-1)!;
    const bytes = Uint8Array.from(data as Float32Array, (value, index) => {
      const channel = Math.floor(((index % row) * 3) / row);
      return Math.round((value * std[channel]! + mean[channel]!) * 255);
    });
    hash.update(shape.length === 2 ? bytes : wholeTiles(bytes, row, shape.at(-1)!));
  }
  return hash.digest("hex");
}

/** Rows [patches, 3 · patch²] of square tiles → [tiles, 3, side, side]. */
function wholeTiles(patches: Uint8Array, row: number, side: number): Uint8Array {
  const patch = Math.sqrt(row / 3);
  const grid = Math.floor(side / patch);
  const used = grid * patch;
  const tiles = new Uint8Array(patches.length);
  for (const [index, value] of patches.entries()) {
    const [x, y, channel] = [index % patch, Math.floor(index / patch) % patch, Math.floor((index % row) / patch ** 2)];
    const patchIndex = Math.floor(index / row);
    const tile = Math.floor(patchIndex / grid ** 2);
    const left = (patchIndex % grid) * patch + x;
    const top = (Math.floor(patchIndex / grid) % grid) * patch + y;
    tiles[((tile * 3 + channel) * used + top) * used + left] = value;
  }
  return tiles;
}
