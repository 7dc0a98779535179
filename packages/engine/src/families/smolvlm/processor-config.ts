import { InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { halfScale, type PictureSettings, readPictureSettings } from "../../blocks/pictures/picture-settings.ts";
import type { CheckpointFiles } from "../../checkpoint/checkpoint-files.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import { readImageProcessorJson, readVideoProcessorJson } from "../../checkpoint/processor-json.ts";
import type { FamilyOptions } from "../model-family.ts";

const count = z.number().int().positive();
const edge = z.looseObject({ longest_edge: count });

const schema = z.looseObject({
  do_image_splitting: z.boolean().default(true),
  size: edge,
  max_image_size: edge,
});

const samplingSchema = z.looseObject({
  video_sampling: z.looseObject({ fps: z.number().positive(), max_frames: count, video_size: edge }).optional(),
  size: edge.optional(),
  max_image_size: edge.optional(),
  num_frames: count.nullish(),
});

/** How pictures are cut (specs/vlm.md B8 "Image"). */
export interface SmolVlmProcessor extends PictureSettings {
  /** Cut large pictures into tiles; otherwise each is squeezed into one. */
  readonly splits: boolean;
  /** Pixels of the longer side before cutting. */
  readonly longestEdge: number;
  /** Pixels along the side of a tile. */
  readonly tile: number;
}

/** How frames are sized and how many a clip may have. */
export interface SmolVlmVideoProcessor extends SmolVlmProcessor {
  readonly maxFrames: number;
}

/** Frames of a clip where no file says it (transformers `SmolVLMVideoProcessor`). */
const defaultMaxFrames = 64;

/**
 * Reads the image processor's settings.
 *
 * @param options `maxPixels` lowers the longer side, in steps of whole tiles
 * @throws ModelLoadError when a setting is missing or does not fit the tower; InvalidArgumentError for `minPixels`
 */
export async function loadSmolVlmProcessor(
  files: CheckpointFiles,
  imageSize: number,
  options: FamilyOptions,
): Promise<SmolVlmProcessor> {
  if (options.minPixels !== undefined) {
    throw new InvalidArgumentError(
      "minPixels does not apply: models of this family bring every picture to the same longer side.",
    );
  }
  const { json, file } = await readImageProcessorJson(files);
  const settings = readPictureSettings(json, file, { ...halfScale, resample: 1 });
  const { do_image_splitting: splits, size, max_image_size: tile } = parseConfig(schema, json, file);
  if (tile.longest_edge !== imageSize) {
    throw new ModelLoadError(
      `${file}: max_image_size ${tile.longest_edge} differs from image_size ${imageSize} of config.json; tiles must have the size of the vision tower.`,
    );
  }
  return { ...settings, splits, longestEdge: boundedEdge(size.longest_edge, imageSize, options), tile: imageSize };
}

/**
 * Reads the video processor's settings: its own file, else `video_sampling` of the image processor's.
 *
 * @param image settings of pictures, which hold for frames where no file says otherwise
 */
export async function loadSmolVlmVideoProcessor(
  files: CheckpointFiles,
  image: SmolVlmProcessor,
): Promise<SmolVlmVideoProcessor> {
  const { json, file } = (await readVideoProcessorJson(files)) ?? (await readImageProcessorJson(files));
  const { video_sampling: sampling, size, num_frames } = parseConfig(samplingSchema, json, file);
  const longestEdge = size?.longest_edge ?? sampling?.video_size.longest_edge ?? image.longestEdge;
  return { ...image, longestEdge, maxFrames: num_frames ?? sampling?.max_frames ?? defaultMaxFrames };
}

function boundedEdge(longestEdge: number, tile: number, { maxPixels }: FamilyOptions): number {
  if (maxPixels === undefined) return longestEdge;
  const whole = Math.floor(Math.sqrt(maxPixels) / tile) * tile;
  return Math.min(longestEdge, Math.max(tile, whole));
}
