import { InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import type { CheckpointFiles } from "../../checkpoint/checkpoint-files.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import { readImageProcessorJson, readVideoProcessorJson } from "../../checkpoint/processor-json.ts";
import type { FamilyOptions } from "../../families/model-family.ts";
import { halfScale, readPictureSettings } from "../pictures/picture-settings.ts";
import { clipCap } from "../qwen-vision/clip-cap.ts";
import type { AreaSettings } from "../qwen-vision/image-processor.ts";

const count = z.number().int().positive();

const schema = z.looseObject({
  min_pixels: count.nullish(),
  max_pixels: count.nullish(),
  size: z.looseObject({ shortest_edge: count.optional(), longest_edge: count.optional() }).nullish(),
  min_frames: count.nullish(),
  max_frames: count.nullish(),
});

/** Areas in pixels where a file does not say them (transformers, specs/vlm.md B2); those of clips count all frames. */
const imageAreas = { minPixels: 256 * 256, maxPixels: 4096 * 4096 };
const clipAreas = { minPixels: 128 * 32 * 32, maxPixels: 768 * 32 * 32 };

/** `max_video_tokens` of transformers' `Qwen3VLVideoProcessor`. */
const defaultFrameTokens = 768;

/** How clips are sized and sampled. The areas are those of all frames together. */
export interface Qwen3VideoProcessor extends AreaSettings {
  readonly minFrames: number;
  readonly maxFrames: number;
  /** Tokens that a frame may have; no such bound when undefined. */
  readonly frameTokens?: number | undefined;
  /** Bounds on one frame that the caller asks for. */
  readonly frame: FamilyOptions;
}

/**
 * Reads the image processor's settings.
 *
 * @throws ModelLoadError when they are missing or not supported; InvalidArgumentError when a bound contradicts another
 */
export async function loadImageProcessor(files: CheckpointFiles, options: FamilyOptions): Promise<AreaSettings> {
  const { json, file } = await readImageProcessorJson(files);
  const areas = areasOf(json, file, imageAreas);
  const minPixels = options.minPixels ?? areas.minPixels;
  const maxPixels = options.maxPixels ?? areas.maxPixels;
  if (minPixels > maxPixels) {
    const message = `Pictures cannot have at least ${minPixels} and at most ${maxPixels} pixels (minPixels and maxPixels; where not given, of ${file}).`;
    const asked = options.minPixels !== undefined || options.maxPixels !== undefined;
    throw asked ? new InvalidArgumentError(`${message} Give both.`) : new ModelLoadError(message);
  }
  return { ...readPictureSettings(json, file, { ...halfScale, resample: 3 }), minPixels, maxPixels };
}

/**
 * Reads the video processor's settings; where the checkpoint has none, frames are normalised as pictures are.
 *
 * @throws ModelLoadError when a setting is not supported
 */
export async function loadVideoProcessor(
  files: CheckpointFiles,
  image: AreaSettings,
  options: FamilyOptions,
): Promise<Qwen3VideoProcessor> {
  const { json, file } = (await readVideoProcessorJson(files)) ?? { json: {}, file: "video processor" };
  const defaults = { image_mean: image.mean, image_std: image.std, resample: 3 };
  const { min_frames, max_frames } = parseConfig(schema, json, file);
  return {
    ...readPictureSettings(json, file, defaults),
    ...areasOf(json, file, clipAreas),
    minFrames: min_frames ?? 4,
    maxFrames: max_frames ?? 768,
    frameTokens: clipCap(json, file, defaultFrameTokens),
    frame: options,
  };
}

function areasOf(json: unknown, file: string, defaults: typeof imageAreas): typeof imageAreas {
  const { min_pixels, max_pixels, size } = parseConfig(schema, json, file);
  return {
    minPixels: min_pixels ?? size?.shortest_edge ?? defaults.minPixels,
    maxPixels: max_pixels ?? size?.longest_edge ?? defaults.maxPixels,
  };
}
