import { InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { halfScale, type PictureSettings, readPictureSettings } from "../../blocks/pictures/picture-settings.ts";
import type { CheckpointFiles } from "../../checkpoint/checkpoint-files.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import { readImageProcessorJson } from "../../checkpoint/processor-json.ts";
import type { FamilyOptions } from "../model-family.ts";

const count = z.number().int().positive();

const schema = z.looseObject({
  size: z.looseObject({ height: count, width: count }),
  do_pan_and_scan: z.boolean().nullish(),
  pan_and_scan_min_crop_size: count.nullish(),
  pan_and_scan_max_num_crops: count.nullish(),
  pan_and_scan_min_ratio_to_activate: z.number().positive().nullish(),
});

/** When and how elongated pictures get crops beside the whole ("pan and scan"). */
export interface PanAndScan {
  /** Shortest side of a crop in pixels. */
  readonly minCropSize: number;
  readonly maxCrops: number;
  /** Longer side over shorter side from which pictures are cropped. */
  readonly minRatio: number;
}

/** How pictures become views of one size. */
export interface Gemma3Processor extends PictureSettings {
  /** Pixels along the side of a view. */
  readonly tile: number;
  /** Undefined when pictures are only squeezed. */
  readonly panAndScan: PanAndScan | undefined;
}

/**
 * Reads the image processor's settings. Pan and scan is off unless the file switches it on; published files leave it
 * empty, and transformers takes it from the caller alone.
 *
 * @param tile side of the tower's pictures
 * @throws ModelLoadError when a setting is missing or does not fit the tower; InvalidArgumentError for `minPixels` and
 *   `maxPixels`
 */
export async function loadGemma3Processor(
  files: CheckpointFiles,
  tile: number,
  { minPixels, maxPixels }: FamilyOptions,
): Promise<Gemma3Processor> {
  if (minPixels !== undefined || maxPixels !== undefined) {
    throw new InvalidArgumentError("minPixels and maxPixels do not apply: Gemma 3 sees every picture at one size.");
  }
  const { json, file } = await readImageProcessorJson(files);
  const config = parseConfig(schema, json, file);
  if (config.size.height !== tile || config.size.width !== tile) {
    throw new ModelLoadError(
      `${file}: size ${config.size.height}×${config.size.width} must be image_size ${tile} of config.json.`,
    );
  }
  const panAndScan = {
    minCropSize: config.pan_and_scan_min_crop_size ?? 256,
    maxCrops: config.pan_and_scan_max_num_crops ?? 4,
    minRatio: config.pan_and_scan_min_ratio_to_activate ?? 1.2,
  };
  return {
    ...readPictureSettings(json, file, { ...halfScale, resample: 2 }),
    tile,
    panAndScan: config.do_pan_and_scan === true ? panAndScan : undefined,
  };
}
