import { InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { type PictureSettings, readPictureSettings } from "../../blocks/pictures/picture-settings.ts";
import type { CheckpointFiles } from "../../checkpoint/checkpoint-files.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import { readImageProcessorJson } from "../../checkpoint/processor-json.ts";
import type { FamilyOptions } from "../model-family.ts";

const count = z.number().int().positive();

const schema = z.looseObject({
  size: z.looseObject({ shortest_edge: count.optional(), height: count.optional() }),
  image_grid_pinpoints: z
    .array(z.tuple([count, count]))
    .min(1)
    .max(1024),
});

/** CLIP's mean and deviation and Pillow's bicubic filter. */
const defaults = {
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
  resample: 3,
};

/** How pictures are cut into views (specs/vlm.md B5 "Preprocess"). */
export interface LlavaNextProcessor extends PictureSettings {
  /** Pixels along the side of a view. */
  readonly tile: number;
  /** Sizes in pixels that a picture may be fitted into. */
  readonly canvases: readonly { readonly width: number; readonly height: number }[];
}

/**
 * Reads the image processor's settings.
 *
 * @param tile side of the tower's pictures
 * @param options `maxPixels` leaves out larger canvases; the smallest one always remains
 * @throws ModelLoadError when a setting is missing or does not fit the tower; InvalidArgumentError for `minPixels`
 */
export async function loadLlavaNextProcessor(
  files: CheckpointFiles,
  tile: number,
  options: FamilyOptions,
): Promise<LlavaNextProcessor> {
  if (options.minPixels !== undefined) {
    throw new InvalidArgumentError(
      "minPixels does not apply: models of this family fit every picture into one of their own canvases.",
    );
  }
  const { json, file } = await readImageProcessorJson(files);
  const { size, image_grid_pinpoints: pinpoints } = parseConfig(schema, json, file);
  const all = pinpoints.map(([height, width]) => ({ width, height }));
  const odd = all.find(({ width, height }) => width % tile !== 0 || height % tile !== 0);
  if ((size.shortest_edge ?? size.height) !== tile || odd !== undefined) {
    throw new ModelLoadError(
      `${file}: size ${size.shortest_edge ?? size.height} and image_grid_pinpoints${odd === undefined ? "" : ` (${odd.height}×${odd.width})`} must be image_size ${tile} of config.json and multiples of it.`,
    );
  }
  const smallest = Math.min(...all.map(({ width, height }) => width * height));
  const most = Math.max(options.maxPixels ?? Number.POSITIVE_INFINITY, smallest);
  const canvases = all.filter(({ width, height }) => width * height <= most);
  return { ...readPictureSettings(json, file, defaults), tile, canvases };
}
