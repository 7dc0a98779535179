import { InvalidArgumentError } from "@ocellus/core";
import { z } from "zod";
import { halfScale, type PictureSettings, readPictureSettings } from "../../blocks/pictures/picture-settings.ts";
import type { CheckpointFiles } from "../../checkpoint/checkpoint-files.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import { withoutNulls } from "../../checkpoint/without-nulls.ts";
import type { FamilyOptions } from "../model-family.ts";

const count = z.number().int().positive().max(16_384);
const level = z.number().int().min(0).max(255);

/** transformers' own processor; defaults are those of its class, but for the tiles, of which published code takes 9. */
const schema = z.looseObject({
  size: z.looseObject({ height: count, width: count }).default({ height: 1024, width: 1024 }),
  crop_to_patches: z.boolean().default(true),
  min_patches: count.default(2),
  max_patches: count.default(9),
  tile_size: count.default(640),
  background_color: z.array(level).length(3).default([127, 127, 127]),
  maximum_pad_value: count.default(640),
});

/** The processor of published checkpoints; its other sizes are arguments of their code. */
const publishedSchema = z.looseObject({
  candidate_resolutions: z
    .array(z.tuple([count, count]))
    .min(1)
    .default([[1024, 1024]]),
});

/** Where the settings of transformers' processor may be; the second is beside files in the published layout. */
const settingsFiles = ["preprocessor_config.json", "native/preprocessor_config.json"];

/** How pictures become views (specs/vlm.md B7 "Views"). */
export interface DeepseekOcrProcessor extends PictureSettings {
  /** Pixels along the side of the view of the whole picture. */
  readonly whole: number;
  /** The whole is stretched to its view; else it keeps its shape between margins. */
  readonly stretches: boolean;
  /** Levels of the margins. */
  readonly background: readonly number[];
  /** Pixels along the side of a tile; larger pictures are cut. */
  readonly tile: number;
  readonly minTiles: number;
  /** 0 where pictures are never cut. */
  readonly maxTiles: number;
}

/**
 * Reads how pictures are cut. The modes of the published code are settings of a preprocessor_config.json: `size` 1024
 * and `tile_size` 640 with `crop_to_patches` ("Gundam", also what a checkpoint without the file gets); `size` 512, 640,
 * 1024 or 1280 without (Tiny, Small, Base, Large).
 *
 * @param options `maxPixels` bounds the tiles of a picture together; below two of them pictures are not cut
 * @throws ModelLoadError when a setting is wrong; InvalidArgumentError for `minPixels`
 */
export async function loadDeepseekOcrProcessor(
  files: CheckpointFiles,
  { minPixels, maxPixels }: FamilyOptions,
): Promise<DeepseekOcrProcessor> {
  if (minPixels !== undefined) {
    throw new InvalidArgumentError(
      "minPixels does not apply: models of this family see every picture in a view of one size. Set size in preprocessor_config.json.",
    );
  }
  const { json, file } = await readSettings(files);
  const settings = parseConfig(schema, withoutNulls(json), file);
  const whole = Math.max(settings.size.width, settings.size.height);
  const { tile_size: tile, min_patches: minTiles, crop_to_patches: cuts } = settings;
  const allowed = Math.min(settings.max_patches, Math.floor((maxPixels ?? Number.POSITIVE_INFINITY) / tile ** 2));
  return {
    ...readPictureSettings(json, file, { ...halfScale, resample: 3 }),
    whole,
    stretches: !cuts && whole <= settings.maximum_pad_value,
    background: settings.background_color,
    tile,
    minTiles,
    maxTiles: cuts && allowed >= minTiles ? allowed : 0,
  };
}

async function readSettings(files: CheckpointFiles): Promise<{ readonly json: unknown; readonly file: string }> {
  const own = settingsFiles.find((file) => files.has(file));
  if (own !== undefined) return { json: await files.readJson(own), file: own };
  const file = "processor_config.json";
  const json: unknown = files.has(file) ? await files.readJson(file) : {};
  const nested = (json as { readonly image_processor?: unknown } | null)?.image_processor;
  if (nested !== undefined) return { json: nested, file: `${file} image_processor` };
  const [[width, height]] = parseConfig(publishedSchema, withoutNulls(json), file).candidate_resolutions as [
    [number, number],
  ];
  return { json: { ...withoutNulls(json), size: { width, height } }, file };
}
