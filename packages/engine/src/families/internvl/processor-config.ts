import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { boundTiles } from "../../blocks/pictures/bound-tiles.ts";
import { readPictureSettings } from "../../blocks/pictures/picture-settings.ts";
import type { TileSettings } from "../../blocks/pictures/tile-picture.ts";
import type { CheckpointFiles } from "../../checkpoint/checkpoint-files.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import { readImageProcessorJson, readVideoProcessorJson } from "../../checkpoint/processor-json.ts";
import type { FamilyOptions } from "../model-family.ts";
import { isChatLayout } from "./nested-config.ts";

const count = z.number().int().positive();

const schema = z.looseObject({
  size: z.looseObject({ height: count, width: count }),
  min_patches: count.default(1),
  max_patches: count.default(12),
});

const chatSchema = z.looseObject({
  dynamic_image_size: z.boolean().default(true),
  use_thumbnail: z.boolean().default(true),
  min_dynamic_patch: count.default(1),
  max_dynamic_patch: count.default(12),
});

const videoSchema = z.looseObject({ num_frames: count.nullish() });

/** ImageNet's mean and deviation and Pillow's bicubic filter. */
const defaults = { image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225], resample: 3 };

/**
 * Reads how pictures are cut: the image processor's settings, or config.json itself in the original layout.
 *
 * @param tile side of the tower's pictures
 * @param options areas in pixels, taken in whole tiles
 * @throws ModelLoadError when a setting is missing or does not fit the tower; InvalidArgumentError when the bounds leave
 *   no number of tiles
 */
export async function loadInternVlProcessor(
  files: CheckpointFiles,
  tile: number,
  options: FamilyOptions,
): Promise<TileSettings> {
  const config = await files.readJson("config.json");
  const found = isChatLayout(config) ? chatProcessor(config, tile) : await ownProcessor(files, tile);
  return boundTiles(found, options);
}

function chatProcessor(config: unknown, tile: number): TileSettings {
  const chat = parseConfig(chatSchema, config, "config.json");
  return {
    ...readPictureSettings({}, "config.json", defaults),
    tile,
    minTiles: chat.dynamic_image_size ? chat.min_dynamic_patch : 1,
    maxTiles: chat.dynamic_image_size ? chat.max_dynamic_patch : 1,
    thumbnail: chat.use_thumbnail,
  };
}

async function ownProcessor(files: CheckpointFiles, tile: number): Promise<TileSettings> {
  const { json, file } = await readImageProcessorJson(files);
  const { size, min_patches: minTiles, max_patches: maxTiles } = parseConfig(schema, json, file);
  if (size.height !== tile || size.width !== tile) {
    throw new ModelLoadError(
      `${file}: size ${size.width}×${size.height} differs from image_size ${tile} of config.json; tiles must have the size of the vision tower.`,
    );
  }
  // `crop_to_patches` is false in published files, and the processor's class cuts all the same (specs/vlm.md B12.8).
  return { ...readPictureSettings(json, file, defaults), tile, minTiles, maxTiles, thumbnail: true };
}

/** Most frames of a clip that the checkpoint asks for; `undefined` when it leaves that to the caller. */
export async function loadMaxFrames(files: CheckpointFiles): Promise<number | undefined> {
  const found = await readVideoProcessorJson(files);
  if (found === undefined) return undefined;
  return parseConfig(videoSchema, found.json, found.file).num_frames ?? undefined;
}
