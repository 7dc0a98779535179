import { ModelLoadError } from "@ocellus/core";
import type { ResampleFilterName } from "@ocellus/media";
import { z } from "zod";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import { withoutNulls } from "../../checkpoint/without-nulls.ts";
import type { PixelScale } from "./normalised-levels.ts";

const triple = z.array(z.number()).length(3);

const settingsSchema = z.looseObject({
  image_mean: triple,
  image_std: z.array(z.number().positive()).length(3),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  resample: z.number().int(),
  do_resize: z.boolean().default(true),
  do_rescale: z.boolean().default(true),
  do_normalize: z.boolean().default(true),
});

/** Pillow's numbers for its resampling filters, as `resample` in a preprocessor_config.json. */
export const pillowFilters: readonly ResampleFilterName[] = [
  "nearest",
  "lanczos",
  "bilinear",
  "bicubic",
  "box",
  "hamming",
];

/** What processors of every family say about resampling and normalising. */
export interface PictureSettings extends PixelScale {
  readonly filter: ResampleFilterName;
}

/** What a family's processor does where a file says nothing. */
export interface PictureDefaults {
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
  /** Pillow's number of the filter. */
  readonly resample: number;
}

/** Mean and deviation ½: SigLIP towers and Qwen3-VL. */
export const halfScale: Pick<PictureDefaults, "image_mean" | "image_std"> = {
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5],
};

/**
 * Reads what image and video processors of all families have in common.
 *
 * @param json the processor's settings
 * @param file names them in errors
 * @throws ModelLoadError when a value is wrong or a step is switched off
 */
export function readPictureSettings(json: unknown, file: string, defaults: PictureDefaults): PictureSettings {
  const config = parseConfig(settingsSchema, { ...defaults, ...withoutNulls(json) }, file);
  const filter = pillowFilters[config.resample];
  if (filter === undefined || !config.do_resize || !config.do_rescale || !config.do_normalize) {
    throw new ModelLoadError(
      `${file}: resample ${config.resample}, do_resize ${config.do_resize}, do_rescale ${config.do_rescale}, do_normalize ${config.do_normalize}: a Pillow filter number (0–5) and all three steps are needed.`,
    );
  }
  return { mean: config.image_mean, std: config.image_std, rescaleFactor: config.rescale_factor, filter };
}
