import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { boundTiles } from "../../blocks/pictures/bound-tiles.ts";
import { halfScale, readPictureSettings } from "../../blocks/pictures/picture-settings.ts";
import type { TileSettings } from "../../blocks/pictures/tile-picture.ts";
import type { CheckpointFiles } from "../../checkpoint/checkpoint-files.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import { readImageProcessorJson } from "../../checkpoint/processor-json.ts";
import type { FamilyOptions } from "../model-family.ts";
import type { NvilaConfig } from "./config.ts";

const count = z.number().int().positive();
const sides = z.looseObject({ height: count, width: count });

const schema = z.looseObject({ size: sides, crop_size: sides.nullish() });

/**
 * Reads how pictures are cut: normalisation from SigLIP's processor, numbers of tiles from config.json.
 *
 * @param options areas in pixels, taken in whole tiles
 * @throws ModelLoadError when a setting is missing or does not fit the tower; InvalidArgumentError when the bounds leave
 *   no number of tiles
 */
export async function loadNvilaProcessor(
  files: CheckpointFiles,
  { vision, minTiles, maxTiles }: NvilaConfig,
  options: FamilyOptions,
): Promise<TileSettings> {
  const { json, file } = await readImageProcessorJson(files);
  const { size, crop_size } = parseConfig(schema, json, file);
  const tile = vision.imageSize;
  const { width, height } = crop_size ?? size;
  if (width !== tile || height !== tile) {
    throw new ModelLoadError(
      `${file}: size ${width}×${height} differs from image_size ${tile} of the vision tower's configuration; tiles must have the size of the tower.`,
    );
  }
  const settings = readPictureSettings(json, file, { ...halfScale, resample: 3 });
  return boundTiles({ ...settings, tile, minTiles, maxTiles, thumbnail: true }, options);
}
