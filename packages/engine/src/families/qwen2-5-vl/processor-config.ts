import { InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import type { CheckpointFiles } from "../../checkpoint/checkpoint-files.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import { readImageProcessorJson } from "../../checkpoint/processor-json.ts";

const count = z.number().int().positive();
const triple = z.array(z.number()).length(3);

const imageProcessorSchema = z.looseObject({
  min_pixels: count.nullish(),
  max_pixels: count.nullish(),
  size: z.looseObject({ shortest_edge: count.optional(), longest_edge: count.optional() }).nullish(),
  image_mean: triple.default([0.48145466, 0.4578275, 0.40821073]),
  image_std: z.array(z.number().positive()).length(3).default([0.26862954, 0.26130258, 0.27577711]),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  resample: z.number().int().default(3),
  do_resize: z.boolean().default(true),
  do_rescale: z.boolean().default(true),
  do_normalize: z.boolean().default(true),
});

/** Pillow's numbers for its resampling filters, as `resample` in a preprocessor_config.json. */
const filters = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"] as const;

/** What the checkpoint says about turning pictures into model input. */
export interface ImageProcessorConfig {
  /** Smallest area in pixels after resizing. */
  readonly minPixels: number;
  /** Largest area in pixels after resizing. */
  readonly maxPixels: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly rescaleFactor: number;
  readonly filter: (typeof filters)[number];
}

/** Bounds that a caller may set instead of the checkpoint's own. */
export interface PixelBounds {
  readonly minPixels?: number | undefined;
  readonly maxPixels?: number | undefined;
}

/**
 * Reads the image processor settings from preprocessor_config.json, or from processor_config.json as newer versions
 * of transformers save them.
 *
 * @param bounds area bounds that replace the checkpoint's
 * @throws ModelLoadError when neither file is there or a setting is not supported;
 * InvalidArgumentError when a bound given by the caller contradicts the other one
 */
export async function loadImageProcessorConfig(
  files: CheckpointFiles,
  bounds: PixelBounds = {},
): Promise<ImageProcessorConfig> {
  const { json, file } = await readImageProcessorJson(files);
  return readPictureSettings(json, { file, bounds, areas: { minPixels: 56 * 56, maxPixels: 28 * 28 * 1280 } });
}

/**
 * Reads what image and video processors have in common.
 *
 * @param origin the file, the caller's area bounds, and the areas where neither says anything
 * @throws ModelLoadError, InvalidArgumentError as {@link loadImageProcessorConfig}
 */
export function readPictureSettings(
  json: unknown,
  origin: {
    readonly file: string;
    readonly bounds: PixelBounds;
    readonly areas: { readonly minPixels: number; readonly maxPixels: number };
  },
): ImageProcessorConfig {
  const { file, bounds, areas } = origin;
  const config = parseConfig(imageProcessorSchema, json, file);
  const filter = filters[config.resample];
  if (filter === undefined || !config.do_resize || !config.do_rescale || !config.do_normalize) {
    throw new ModelLoadError(
      `${file}: resample ${config.resample}, do_resize ${config.do_resize}, do_rescale ${config.do_rescale}, do_normalize ${config.do_normalize}: qwen2_5_vl needs a Pillow filter number (0–5) and all three steps.`,
    );
  }
  const minPixels = bounds.minPixels ?? config.min_pixels ?? config.size?.shortest_edge ?? areas.minPixels;
  const maxPixels = bounds.maxPixels ?? config.max_pixels ?? config.size?.longest_edge ?? areas.maxPixels;
  if (minPixels > maxPixels) {
    const message = `Pictures cannot have at least ${minPixels} and at most ${maxPixels} pixels (minPixels and maxPixels; where not given, of ${file}).`;
    throw Object.values(bounds).some((bound) => bound !== undefined)
      ? new InvalidArgumentError(`${message} Give both.`)
      : new ModelLoadError(message);
  }
  return {
    minPixels,
    maxPixels,
    mean: config.image_mean,
    std: config.image_std,
    rescaleFactor: config.rescale_factor,
    filter,
  };
}
